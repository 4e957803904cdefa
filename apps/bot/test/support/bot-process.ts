import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { LogLine } from "./log-lines.ts";

export interface BotProcess {
  readonly child: ChildProcess;
  /** Everything it has written, on both streams. */
  output(): string;
  lines(): LogLine[];
  /** Resolves once it has logged a line with this message. @throws when it exits before */
  logged(message: string | RegExp): Promise<LogLine>;
  /** Sends a signal, and resolves with how the process ended and how long that took. */
  end(
    signal?: NodeJS.Signals,
  ): Promise<{ code: number | null; signal: NodeJS.Signals | null; tookMs: number }>;
}

const MAIN = join(import.meta.dirname, "../../dist/main.js");

/** The bot as it is shipped, in a process of its own; it is killed when this one ends. Nothing of our environment reaches it. */
export function spawnBot(env: Record<string, string>, cwd = import.meta.dirname): BotProcess {
  const child = spawn(process.execPath, [MAIN], {
    cwd,
    env: { PATH: process.env.PATH ?? "", HOME: cwd, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      for (const look of listeners) look();
    });
  }
  const exited = once(child, "exit").then(([code, signal]) => {
    for (const look of listeners) look();
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  void exited.then(() => process.off("exit", kill));

  const lines = () => toLines(output);
  return {
    child,
    output: () => output,
    lines,
    logged(message) {
      const { promise, resolve, reject } = Promise.withResolvers<LogLine>();
      const look = () => {
        const found = lines().find(({ msg }) =>
          typeof message === "string" ? msg === message : message.test(msg),
        );
        if (found) resolve(found);
        else if (child.exitCode !== null || child.signalCode !== null) {
          reject(new Error(`The bot ended before it logged ${message}:\n${output}`));
        }
      };
      listeners.add(look);
      look();
      return promise.finally(() => listeners.delete(look));
    },
    async end(signal = "SIGTERM") {
      const begun = performance.now();
      child.kill(signal);
      return { ...(await exited), tookMs: performance.now() - begun };
    },
  };
}

/** The whole lines that are JSON; the address of the chat page, for one, is none. */
function toLines(output: string): LogLine[] {
  return output
    .slice(0, output.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}
