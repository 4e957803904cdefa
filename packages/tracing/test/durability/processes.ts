import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** A program in a process of its own, and the lines it has printed. */
export interface Program {
  readonly process: ChildProcess;
  /** The next line that it prints. @throws when it ends before. */
  line(): Promise<string>;
  /** Kills it the hard way; resolves when it is gone. */
  kill(): Promise<void>;
  /** Resolves to its exit code, or the signal that ended it. */
  ended(): Promise<number | string | null>;
  /** Gives it a line to read. */
  tell(line: string): void;
}

/** Starts a `.ts` source in a process of its own, which ends with the test at the latest. */
export function startProgram(
  url: URL,
  args: readonly string[],
  env: Record<string, string | undefined> = {},
): Program {
  const child = spawn(process.execPath, [fileURLToPath(url), ...args], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache, ...env },
  });
  const exit = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string | null);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const kill = async () => {
    child.kill("SIGKILL");
    await exit;
  };
  onTestFinished(kill);
  return {
    process: child,
    kill,
    ended: () => exit,
    tell: (line) => void child.stdin?.write(`${line}\n`),
    async line() {
      const next = await lines.next();
      if (next.done) throw new Error(`The program ended (${await exit}) without a word.`);
      return next.value;
    },
  };
}

/** A directory that goes with the test. */
export function scratchDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "durability-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true, maxRetries: 10 }));
  return dir;
}

// Most of a short life is the compiling of the same sources.
const compileCache = mkdtempSync(join(tmpdir(), "durability-cache-"));
process.once("exit", () => rmSync(compileCache, { recursive: true, force: true }));
