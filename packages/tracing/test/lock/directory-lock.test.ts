import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { acquireDirectoryLock, probeDirectoryLock } from "../../src/lock/directory-lock.ts";

function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), "lock-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true, maxRetries: 10 }));
  return dir;
}

/** A process that tries for the lock on every message, and says whether it has it. */
async function contender(dir: string): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL("./contending.ts", import.meta.url)), [dir], { execArgv: [] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  await once(child, "message");
  return child;
}

async function tryLock(child: ChildProcess): Promise<boolean> {
  child.send("try");
  const [got] = await once(child, "message");
  return got as boolean;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

describe("acquireDirectoryLock", () => {
  it("gives a directory to one owner at a time, in one process and across processes", async () => {
    const dir = scratch();
    const lock = acquireDirectoryLock(dir);
    expect(lock).toBeDefined();
    expect(acquireDirectoryLock(dir)).toBeUndefined();
    const other = await contender(dir);
    expect(await tryLock(other)).toBe(false);
    lock?.release();
    lock?.release();
    expect(await tryLock(other)).toBe(true);
    expect(acquireDirectoryLock(dir)).toBeUndefined();
  });

  it("gives it up when its owner is killed", async () => {
    const dir = scratch();
    const owner = await contender(dir);
    expect(await tryLock(owner)).toBe(true);
    expect(acquireDirectoryLock(dir)).toBeUndefined();
    await kill(owner);
    const lock = acquireDirectoryLock(dir);
    expect(lock).toBeDefined();
    lock?.release();
  });

  it("lets exactly one of several processes win that try at the same moment", async () => {
    for (let round = 0; round < 5; round++) {
      const dir = scratch();
      const contenders = await Promise.all([1, 2, 3, 4].map(() => contender(dir)));
      const won = await Promise.all(contenders.map(tryLock));
      expect(won.filter(Boolean)).toHaveLength(1);
      await Promise.all(contenders.map(kill));
    }
  });

  it("stays in force when the directory is renamed", async () => {
    const dir = scratch();
    const lock = acquireDirectoryLock(dir);
    const moved = join(scratch(), "moved");
    renameSync(dir, moved);
    expect(acquireDirectoryLock(moved)).toBeUndefined();
    expect(await tryLock(await contender(moved))).toBe(false);
    lock?.release();
  });

  it("leaves one private empty file, and none of SQLite's others", () => {
    const dir = scratch();
    const lock = acquireDirectoryLock(dir);
    expect(readdirSync(dir)).toEqual(["lock"]);
    expect([statSync(join(dir, "lock")).size, statSync(join(dir, "lock")).mode & 0o777]).toEqual([0, 0o600]);
    lock?.release();
  });

  it("throws when there is no such directory, or the file is not a lock", () => {
    const dir = scratch();
    expect(() => acquireDirectoryLock(join(dir, "nowhere"))).toThrow();
    writeFileSync(join(dir, "lock"), "x".repeat(5000));
    expect(() => acquireDirectoryLock(dir)).toThrow();
  });

  it("keeps quiet about SQLite being experimental, and about nothing else", () => {
    const program = fileURLToPath(new URL("./quiet.ts", import.meta.url));
    const { stderr, status } = spawnSync(process.execPath, [program, scratch()], { encoding: "utf8" });
    expect(status).toBe(0);
    expect(stderr).not.toMatch(/sqlite/i);
    expect(stderr).toMatch(/ExperimentalWarning: about something else/);
  });
});

describe("probeDirectoryLock", () => {
  it("tells held from free from absent, and takes the lock from nobody", async () => {
    const dir = scratch();
    expect(probeDirectoryLock(dir)).toBe("absent");
    expect(readdirSync(dir)).toEqual([]);
    const owner = await contender(dir);
    expect(await tryLock(owner)).toBe(true);
    expect(probeDirectoryLock(dir)).toBe("held");
    expect(acquireDirectoryLock(dir)).toBeUndefined();
    await kill(owner);
    expect(probeDirectoryLock(dir)).toBe("free");
    const lock = acquireDirectoryLock(dir);
    expect(probeDirectoryLock(dir)).toBe("held");
    expect(await tryLock(await contender(dir))).toBe(false);
    lock?.release();
    rmSync(dir, { recursive: true });
    expect(probeDirectoryLock(dir)).toBe("absent");
  });
});
