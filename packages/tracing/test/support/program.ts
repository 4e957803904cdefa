import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";

/** A program in a process of its own, and the lines it prints. */
export interface Program {
  readonly process: ChildProcess;
  /** The next line that it prints. @throws when it ends before. */
  line(): Promise<string>;
  /** Gives it a line to read. */
  tell(line: string): void;
  /** Kills it the hard way; resolves when it is gone. */
  kill(): Promise<void>;
  /** Resolves to its exit code, or the signal that ended it. */
  ended(): Promise<number | string | null>;
}

export interface ProgramOptions {
  env?: Record<string, string | undefined>;
  /** A shell command that comes before it, such as `ulimit -n 64`. */
  before?: string;
  /** Modules that are loaded before it. */
  imports?: readonly URL[];
  /** What becomes of its standard error; "unread" is a pipe that nobody reads. @default "inherit" */
  stderr?: "inherit" | "ignore" | "unread";
  /** A file that gets what it writes to its descriptor 3, by way of this process. */
  thirdTo?: string;
}

/** Starts a `.ts` source with Node in a process of its own; whoever starts it ends it. */
export function startProgram(
  url: URL,
  args: readonly string[],
  { env, before, imports = [], stderr = "inherit", thirdTo }: ProgramOptions = {},
): Program {
  const preloads = imports.flatMap(({ href }) => ["--import", href]);
  const command = [process.execPath, ...preloads, fileURLToPath(url), ...args];
  const [file = "", ...rest] =
    before === undefined ? command : ["/bin/sh", "-c", `${before}\nexec "$@"`, "sh", ...command];
  const child = spawn(file, rest, {
    stdio: [
      "pipe",
      "pipe",
      stderr === "unread" ? "pipe" : stderr,
      ...(thirdTo === undefined ? [] : (["pipe"] as const)),
    ],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache, ...env },
  });
  if (stderr === "unread") child.stderr?.destroy();
  const copied = thirdTo && pipeline(child.stdio[3] as NodeJS.ReadableStream, createWriteStream(thirdTo));
  const exit = once(child, "exit").then(async ([code, signal]) => {
    await copied;
    return (code ?? signal) as number | string | null;
  });
  // What is told to a program that has just been killed goes nowhere.
  child.stdin?.on("error", () => undefined);
  const lines = createInterface(child.stdout as NodeJS.ReadableStream)[Symbol.asyncIterator]();
  return {
    process: child,
    ended: () => exit,
    tell: (line) => void child.stdin?.write(`${line}\n`),
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
    async line() {
      const next = await lines.next();
      if (next.done) throw new Error(`The program ended (${await exit}) without a word.`);
      return next.value;
    },
  };
}

// Most of a short life is the compiling of the same sources.
const compileCache = mkdtempSync(join(tmpdir(), "chaos-cache-"));
process.once("exit", () => rmSync(compileCache, { recursive: true, force: true }));
