import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Spool } from "../../src/collector/spool/spool.ts";
import type { TracePage } from "../../src/store/trace-repo.ts";
import { storedRecords } from "./stored-traces.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "tracing-process-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the command as a process of its own in {@link directory}, with nothing of this one's configuration. */
function tracing(command: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const line = command.replaceAll("tracing ", `"${process.execPath}" "${MAIN}" `);
  return new Promise((resolve, reject) => {
    const child = spawn("bash", ["-c", `set -o pipefail; ${line}`], {
      cwd: directory,
      env: { PATH: process.env.PATH, HOME: directory, ...env },
    });
    const ended: Ended = { exitCode: null, stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => {
      ended.stdout += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      ended.stderr += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ ...ended, exitCode }));
  });
}

describe("the command as a process", () => {
  it("exits with 2 for bad usage and prints nothing but the reason", async () => {
    expect(await tracing("tracing ls --limit none")).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: 'error: --limit is "none"; accepted: a whole number from 1 to 500.\n',
    });
  });

  it("reads .env where it is started, and says so", async () => {
    writeFileSync(join(directory, ".env"), "DATABASE_URL=nowhere\n");
    const fromFile = await tracing("tracing ls");
    expect([fromFile.exitCode, fromFile.stderr]).toEqual([
      2,
      expect.stringContaining("DATABASE_URL is not a URL"),
    ]);
    writeFileSync(join(directory, ".env"), "DATABASE_URL=postgres://127.0.0.1:1/x\n");
    const doctor = await tracing("tracing doctor");
    expect(doctor.exitCode).toBe(1);
    expect(doctor.stdout).toContain(
      `Traces go to PostgreSQL, from DATABASE_URL in ${join(directory, ".env")}.`,
    );
    rmSync(join(directory, ".env"));
  });

  it("ends quietly when its reader has gone", async () => {
    expect(await tracing("tracing ls --help | :")).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  });
});

describe("the embedded store", () => {
  it("first stores what a dead process left in the spool, then reads", async () => {
    const spool = new Spool({
      dir: join(directory, ".data", "spool"),
      onDrop: () => undefined,
      onWarn: () => undefined,
    });
    const records = storedRecords();
    spool.append(records.map((record) => JSON.stringify(record)));
    spool.close();

    const before = await tracing("tracing doctor");
    expect([before.exitCode, before.stderr]).toEqual([0, ""]);
    expect(before.stdout).toMatch(/^ok {4}connection +The embedded store does not exist yet/m);
    expect(before.stdout).toMatch(/^warn {2}spool .*5 spans pending.*left behind/m);
    const listed = await tracing("tracing ls --json");
    expect([listed.exitCode, listed.stderr]).toEqual([0, ""]);
    const { traces } = JSON.parse(listed.stdout) as TracePage;
    expect(traces.map((trace) => [trace.pipelineName, trace.spanCount])).toEqual([
      ["train", expect.any(Number)],
      ["learn", 4],
      ["support", 1],
    ]);
    const after = await tracing("tracing doctor");
    expect(after.stdout).toMatch(/^ok {4}configuration +No store is configured: the embedded one/m);
    expect(after.stdout).toMatch(/^ok {4}connection +Embedded in .* answers/m);
    expect(after.stdout).toMatch(/^ok {4}schema/m);
    expect(after.stdout).toMatch(/^ok {4}spool +Nothing waits/m);
  }, 120_000);
});
