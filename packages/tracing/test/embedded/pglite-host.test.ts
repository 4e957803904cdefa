import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { DatabaseStopped } from "../../src/embedded/database-thread.ts";
import { PgliteHost } from "../../src/embedded/pglite-host.ts";
import { freshDataDir, PATIENT, scratchDir } from "./data-dir.ts";

async function freshHost(stallTimeoutMs?: number): Promise<PgliteHost> {
  const databaseDir = join(await freshDataDir(), "pgdata");
  const host = new PgliteHost({ databaseDir, ...(stallTimeoutMs && { stallTimeoutMs }) });
  onTestFinished(() => host.close());
  await host.open();
  return host;
}

const sql = (query: string, ...params: string[]) =>
  ({ op: "raw-sql", body: JSON.stringify({ query, params }) }) as const;

const STUCK = sql("DO $$ BEGIN LOOP END LOOP; END $$");

describe("PgliteHost", PATIENT, () => {
  it("lets go of an aborted request, answers the others in order, and the pending ones before it closes", async () => {
    const host = await freshHost();
    const signal = AbortSignal.timeout(50);
    const aborted = host.request(sql("SELECT count(*) FROM generate_series(1, 1000000)"), signal);
    await expect(aborted).rejects.toMatchObject({ name: "TimeoutError" });
    const order: number[] = [];
    const asked = [1, 2, 3].map(async (n) => {
      const { body } = await host.request(sql(`SELECT ${n} AS n`));
      order.push(JSON.parse(body ?? "").rows[0].n);
    });
    await new Promise((resolve) => setImmediate(resolve));
    await host.close();
    await Promise.all(asked);
    expect(order).toEqual([1, 2, 3]);
    await expect(host.request(sql("SELECT 1"))).rejects.toThrow(DatabaseStopped);
  });

  it("replaces a thread that is stuck: a 500 for what it is stuck on, no answer for the rest, and on it goes", async () => {
    const host = await freshHost(3_000);
    await host.request(sql("CREATE TABLE kept AS SELECT 1 AS n"));
    const [stuck, behind] = await Promise.allSettled([host.request(STUCK), host.request(sql("SELECT 1"))]);
    expect(stuck).toMatchObject({ status: "fulfilled", value: { status: 500 } });
    expect(behind).toMatchObject({ status: "rejected", reason: { name: "DatabaseStopped" } });
    // The first restart comes at once; when that did not help either, the next waits.
    expect((await host.request(STUCK)).status).toBe(500);
    await expect(host.request(sql("SELECT 1"))).rejects.toThrow(/about to be restarted/);
    const kept = () => host.request(sql("SELECT * FROM kept")).then(({ body }) => body, String);
    await expect.poll(kept, PATIENT).toContain('"n":1');
  });

  it("does not take an error that PGlite keeps to itself for an empty result", async () => {
    const host = await freshHost();
    const deep = `[${"1,".repeat(100_000)}${"[".repeat(100_000)}`;
    expect((await host.request(sql("SELECT ($1::text)::jsonb", deep))).status).toBe(500);
    expect((await host.request(sql("SELECT 1"))).status).toBe(200);
  });

  it.each([
    ["a part is cut off", (dir: string) => truncateSync(join(dir, "global/pg_control"), 100)],
    ["another major version wrote it", (dir: string) => writeFileSync(join(dir, "PG_VERSION"), "15\n")],
    ["it does not say which version wrote it", (dir: string) => rmSync(join(dir, "PG_VERSION"))],
  ])("names the directory and the remedy, and leaves the directory alone, when %s", async (_, damage) => {
    const databaseDir = join(await freshDataDir(), "pgdata");
    damage(databaseDir);
    const files = readdirSync(databaseDir, { recursive: true, encoding: "utf8" });
    const opening = new PgliteHost({ databaseDir }).open();
    await expect(opening).rejects.toMatchObject({ name: "TracingError", code: "store-failed" });
    await expect(opening).rejects.toThrow(`Move ${databaseDir} away`);
    expect(readdirSync(databaseDir, { recursive: true })).toEqual(expect.arrayContaining(files));
  });

  it("starts a new database over what a crash left of an unfinished one", async () => {
    const databaseDir = join(scratchDir(), "pgdata");
    mkdirSync(`${databaseDir}.new/base`, { recursive: true });
    writeFileSync(`${databaseDir}.new/PG_VERSION`, "18\n");
    const host = new PgliteHost({ databaseDir });
    await host.open();
    expect((await host.request(sql("SHOW server_encoding"))).body).toContain("UTF8");
    await host.close();
  });

  it("says what to install where PGlite is not", () => {
    const dir = scratchDir();
    cpSync(fileURLToPath(new URL("../../src", import.meta.url)), dir, { recursive: true });
    writeFileSync(
      join(dir, "program.mts"),
      `import { PgliteHost } from "./embedded/pglite-host.ts";
       await new PgliteHost({ databaseDir: "database" }).open().catch(({ code, message }) => console.log(code, message));`,
    );
    const { stdout, status } = spawnSync(process.execPath, ["program.mts"], { cwd: dir, encoding: "utf8" });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^missing-dependency .*npm install @electric-sql\/pglite/);
    rmSync(dir, { recursive: true });
  });
});
