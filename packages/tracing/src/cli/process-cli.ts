import { createInterface } from "node:readline/promises";
import { type LoadedEnv, loadEnv } from "./dotenv.ts";
import { reportFailure } from "./failure.ts";
import type { CliIo } from "./io.ts";
import { run } from "./run.ts";

/** Runs the command line of this process; sets `process.exitCode`, so that what is still being written gets out. */
export async function runInProcess(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", onStreamError);
  const interruption = new AbortController();
  const io: CliIo = {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    directory: process.cwd(),
    now: () => new Date(),
    interruption: () => listen(interruption),
    ...(process.stdin.isTTY && process.stderr.isTTY && { confirm }),
  };
  let loaded: LoadedEnv;
  try {
    loaded = loadEnv(io.directory, process.env);
  } catch (error) {
    process.exitCode = reportFailure(error, io);
    return;
  }
  process.exitCode = await run(process.argv.slice(2), { ...io, env: loaded.env, envFile: loaded.file });
  // Whoever is told to end does not wait for the answer to what was asked last.
  if (interruption.signal.aborted) process.exit();
}

/** A second signal ends the process as it always does. */
function listen(interruption: AbortController): AbortSignal {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interruption.abort());
  return interruption.signal;
}

async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    return /^\s*y(es)?\s*$/i.test(answer);
  } catch (error) {
    // Ctrl-C or Ctrl-D in the middle of the line is an answer too.
    if ((error as NodeJS.ErrnoException).code !== "ABORT_ERR") throw error;
    process.stderr.write("\n");
    return false;
  } finally {
    terminal.close();
  }
}

/** The reader has seen enough (`| head`): that is no failure. */
function onStreamError(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit();
}
