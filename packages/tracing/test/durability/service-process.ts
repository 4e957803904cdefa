import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { createPostgresMigrationTarget } from "../../src/postgres/index.ts";
import { migrate } from "../../src/store/migrator.ts";
import type { PostgresServer } from "../support/postgres-server.ts";

export type Script = "looping" | "draining" | "steady";

/** Starts one of the traced programs; it ends with the test. */
export function startProcess(script: Script, ...args: string[]): ChildProcess {
  const path = fileURLToPath(new URL(`children/${script}.ts`, import.meta.url));
  const child = fork(path, args, { stdio: ["ignore", "inherit", "pipe", "ipc"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** The next message of a child; rejects when it ends without one, with what it wrote to standard error. */
export async function messageOf(child: ChildProcess): Promise<unknown> {
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk) => {
    complaint += chunk;
  });
  const ended = once(child, "exit").then(([code, signal]) => {
    throw new Error(`The process ended with ${code ?? signal} before it said anything: ${complaint}`);
  });
  ended.catch(() => undefined);
  return Promise.race([once(child, "message").then(([message]) => message), ended]);
}

/** Runs `draining` to its end; resolves to its last statistics. */
export async function drain(...args: string[]): Promise<Record<string, unknown>> {
  const child = startProcess("draining", ...args);
  const stats = await messageOf(child);
  if (child.exitCode === null) await once(child, "exit");
  return stats as Record<string, unknown>;
}

export function scratchDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "tracing-durability-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** The address of a fresh database with the newest schema. */
export async function migratedDatabase(server: PostgresServer): Promise<string> {
  const url = await server.createDatabase();
  const target = await createPostgresMigrationTarget({ connectionString: url });
  await migrate(target);
  await target.close?.();
  return url;
}
