import type { EnvFile } from "./dotenv.ts";

/** What a command sees of the world outside; tests hand in their own. */
export interface CliIo {
  stdout: CliStream;
  stderr: CliStream;
  env: NodeJS.ProcessEnv;
  /** Where some of `env` came from. */
  envFile?: EnvFile | undefined;
  /** The working directory: what relative paths and packages are looked up from. */
  directory: string;
  /** The clock that relative times (`--since 2h`) and bars of running spans are read from. */
  now(): Date;
  /** Asks the person at the terminal a question that takes yes or no; absent where nobody can answer. */
  confirm?: ((question: string) => Promise<boolean>) | undefined;
  /** Aborted when the user asks to end (Ctrl-C, SIGTERM), which from the first call on no longer ends the process by itself. */
  interruption?: (() => AbortSignal) | undefined;
}

export interface CliStream {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
}

/** Cells a line may take: a terminal's own, else what `COLUMNS` says, else unlimited in a pipe. */
export function outputWidth({ stdout, env }: CliIo): number | undefined {
  const columns = stdout.isTTY && stdout.columns ? stdout.columns : Number(env.COLUMNS);
  if (Number.isSafeInteger(columns) && columns > 0) return columns;
  return stdout.isTTY ? 80 : undefined;
}

/** How what goes to standard output is laid out and coloured. */
export function renderOptions(io: CliIo): { width: number | undefined; color: boolean } {
  return { width: outputWidth(io), color: wantsColor(io.stdout, io.env) };
}

/** Whether to write ANSI colours: https://no-color.org first, then `FORCE_COLOR`, else only to a terminal. */
export function wantsColor(stream: CliStream, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  return stream.isTTY === true && env.TERM !== "dumb";
}

export function writeLine(stream: CliStream, text: string): void {
  stream.write(`${text}\n`);
}

/** Indented, so that it reads well and still pipes into `jq`. */
export function writeJson(stream: CliStream, value: unknown): void {
  writeLine(stream, JSON.stringify(value, null, 2));
}
