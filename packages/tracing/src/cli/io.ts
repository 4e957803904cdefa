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
}

export interface CliStream {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
}

/** Cells a line may take: a terminal's own, unlimited in a pipe. */
export function outputWidth({ stdout, env }: CliIo): number | undefined {
  if (!stdout.isTTY) return undefined;
  const columns = stdout.columns ?? Number(env.COLUMNS);
  return Number.isSafeInteger(columns) && columns > 0 ? columns : 80;
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
