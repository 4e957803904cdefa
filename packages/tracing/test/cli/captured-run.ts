import type { ExitCode } from "../../src/cli/exit-code.ts";
import { run } from "../../src/cli/run.ts";

export interface CapturedRun {
  exitCode: ExitCode;
  stdout: string;
  stderr: string;
}

export interface RunSetting {
  env?: NodeJS.ProcessEnv;
  /** A terminal of so many columns; a pipe when absent. */
  columns?: number;
  now?: Date;
  directory?: string;
  /** What the person at the terminal answers; nobody is there when absent. */
  confirm?: (question: string) => Promise<boolean>;
}

/** Runs a command line in this process and keeps what it writes. Nothing of the real environment reaches it. */
export async function captureRun(argv: readonly string[], setting: RunSetting = {}): Promise<CapturedRun> {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text;
    },
    isTTY: setting.columns !== undefined,
    columns: setting.columns,
  });
  const exitCode = await run(argv, {
    stdout: stream("stdout"),
    stderr: stream("stderr"),
    env: setting.env ?? {},
    directory: setting.directory ?? process.cwd(),
    now: () => setting.now ?? new Date(),
    confirm: setting.confirm,
  });
  return { exitCode, ...written };
}
