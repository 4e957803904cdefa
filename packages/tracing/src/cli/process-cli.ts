import { type LoadedEnv, loadEnv } from "./dotenv.ts";
import { reportFailure } from "./failure.ts";
import type { CliIo } from "./io.ts";
import { run } from "./run.ts";

/** Runs the command line of this process; sets `process.exitCode`, so that what is still being written gets out. */
export async function runInProcess(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", onStreamError);
  const io: CliIo = {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    directory: process.cwd(),
    now: () => new Date(),
  };
  let loaded: LoadedEnv;
  try {
    loaded = loadEnv(io.directory, process.env);
  } catch (error) {
    process.exitCode = reportFailure(error, io);
    return;
  }
  process.exitCode = await run(process.argv.slice(2), { ...io, env: loaded.env, envFile: loaded.file });
}

/** The reader has seen enough (`| head`): that is no failure. */
function onStreamError(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit();
}
