import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const path = (name: string) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));

/** Starts one of the programs in this directory in a process of its own, which ends with the test at the latest. */
export function startChild(name: string, args: readonly string[]): ChildProcess {
  return ending(fork(path(name), args, { stdio: ["ignore", "inherit", "inherit", "ipc"], execArgv: [] }));
}

/** The same under limits that the shell sets, such as `ulimit -f 64`. */
export function startLimited(limits: string, name: string, args: readonly string[]): ChildProcess {
  const command = [process.execPath, path(name), ...args].map((part) => `'${part}'`).join(" ");
  return ending(
    spawn("bash", ["-c", `${limits}; exec ${command}`], { stdio: ["ignore", "pipe", "inherit"] }),
  );
}

function ending(child: ChildProcess): ChildProcess {
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  });
  return child;
}

/** The next message that a child sends. */
export async function message<T>(child: ChildProcess): Promise<T> {
  const [value] = await once(child, "message");
  return value as T;
}

/** Kills a child the hard way and waits until it is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** What a child printed until it ended, as JSON. */
export async function output<T>(child: ChildProcess): Promise<T> {
  let text = "";
  child.stdout?.on("data", (chunk) => {
    text += String(chunk);
  });
  await once(child, "close");
  return JSON.parse(text) as T;
}
