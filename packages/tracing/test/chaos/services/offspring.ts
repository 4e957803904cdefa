/**
 * Lets a coach start others like itself, each with the options that stand in a line of JSON: by `fork`, as a worker thread,
 * and as a worker of a cluster; and have them all shut down and gone.
 */
import { type ChildProcess, fork } from "node:child_process";
import cluster from "node:cluster";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { orders } from "./orders.ts";

const COACH = fileURLToPath(new URL("coach.ts", import.meta.url));
const QUIET = ["pipe", "ignore", "inherit", "ipc"] as const;

interface Child {
  input: Writable | null;
  gone: Promise<unknown>;
  /** What else it takes for it to end. */
  release?: () => void;
}

const children: Child[] = [];

const ofProcess = (child: ChildProcess): Child => ({ input: child.stdin, gone: once(child, "exit") });

orders.fork = (options) => {
  children.push(ofProcess(fork(COACH, [options ?? ""], { stdio: [...QUIET], execArgv: [] })));
};

orders.thread = (options) => {
  const thread = new Worker(COACH, { argv: [options ?? ""], stdin: true, stdout: true, execArgv: [] });
  thread.stdout.resume();
  children.push({ input: thread.stdin, gone: once(thread, "exit").then(([code]) => [code, null]) });
};

orders.cluster = (options) => {
  cluster.setupPrimary({ exec: COACH, args: [options ?? ""], stdio: [...QUIET], execArgv: [] });
  const worker = cluster.fork();
  children.push({ ...ofProcess(worker.process), release: () => worker.disconnect() });
};

/** Answers how each of them ended: exit code and signal. */
orders.childless = async () => {
  for (const { input, release } of children) {
    input?.end("shutdown\n");
    release?.();
  }
  return Promise.all(children.map(({ gone }) => gone));
};
