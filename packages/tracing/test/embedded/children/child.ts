import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export function start(dataDir: string, task: "serve" | "write" | "leave"): ChildProcess {
  const child = fork(fileURLToPath(new URL("./notes-process.ts", import.meta.url)), [dataDir, task], {
    execArgv: [],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child;
}

/** What the child reports next. */
export async function report(child: ChildProcess): Promise<unknown> {
  const [message] = await once(child, "message");
  return message;
}

export async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
