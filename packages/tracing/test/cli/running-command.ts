import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** The command line as a process that goes on; ended with its test. */
export interface RunningCommand {
  readonly child: ChildProcess;
  readonly stdout: string;
  readonly stderr: string;
  /** Waits until what was written so far holds something. */
  until(stream: "stdout" | "stderr", pattern: RegExp): Promise<void>;
  /** Resolves to how the process ended. */
  readonly exited: Promise<Ended>;
}

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Starts a command with nothing of this process's configuration. */
export function startCommand(argv: readonly string[], env: NodeJS.ProcessEnv, cwd: string): RunningCommand {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const written = { stdout: "", stderr: "" };
  const exited = once(child, "close").then(([code, signal]): Ended => ({ code, signal }));
  for (const name of ["stdout", "stderr"] as const) {
    child[name].on("data", (chunk: Buffer) => {
      written[name] += chunk.toString();
    });
  }
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  return {
    child,
    get stdout() {
      return written.stdout;
    },
    get stderr() {
      return written.stderr;
    },
    exited,
    async until(stream, pattern) {
      while (!pattern.test(written[stream])) {
        const ended = await Promise.race([once(child[stream], "data").then(() => undefined), exited]);
        if (ended) throw new Error(`it ended with ${ended.code ?? ended.signal}: ${written.stderr}`);
      }
    },
  };
}
