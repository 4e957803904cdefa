import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type EmbeddedStore, openEmbedded } from "../../src/embedded/index.ts";
import { createInsForgeStoreClient } from "../../src/insforge/index.ts";
import { LATEST_SCHEMA_VERSION, planMigrations } from "../../src/store/migrator.ts";
import { RawJson } from "../../src/store/store-client.ts";
import { TraceRepo } from "../../src/store/trace-repo.ts";
import { describeStoreContract } from "../../src/testing/store-contract/index.ts";
import { sampleRecord } from "../support/sample-record.ts";
import { freshDataDir, PATIENT, SCRATCH_ROOT, scratchDir } from "./data-dir.ts";

async function open(dataDir: string): Promise<EmbeddedStore> {
  const store = await openEmbedded({ dataDir });
  onTestFinished(() => store.close());
  return store;
}

describe("the embedded store", PATIENT, () => {
  const parent = mkdtempSync(join(SCRATCH_ROOT, "embedded-contract-"));
  let store: EmbeddedStore;
  afterAll(async () => {
    await store?.close();
    rmSync(parent, { recursive: true, force: true });
  });
  describeStoreContract("embedded, through its InsForge endpoint", {
    runner: { afterAll, beforeAll, describe, it },
    open: async () => {
      store = await openEmbedded({ dataDir: await freshDataDir(parent) });
      return store.client;
    },
  });
});

describe("openEmbedded", PATIENT, () => {
  it("makes the schema by itself, stores each span once, and keeps it for whoever opens the directory next", async () => {
    const dataDir = await freshDataDir();
    chmodSync(dataDir, 0o755);
    const owner = await open(dataDir);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect((await planMigrations(owner.migrations)).applied).toEqual([]);
    const guest = await open(dataDir);
    expect([owner.mode, guest.mode]).toEqual(["owner", "guest"]);
    const root = sampleRecord({ input: '"h\\u0000llo \\ud800"', user_id: "9007199254740993" });
    const span = sampleRecord({
      trace_id: root.trace_id,
      parent_span_id: root.span_id,
      root: 0,
      kind: "llm",
    });
    expect(await new TraceRepo(owner.client).ingest([root])).toMatchObject({ inserted: 1 });
    expect(await new TraceRepo(guest.client).ingest([root, span])).toMatchObject({
      inserted: 1,
      duplicates: 1,
    });
    await owner.close();
    await owner.close();
    const repo = new TraceRepo(guest.client);
    expect(await repo.getTrace(root.trace_id)).toMatchObject({ spanCount: 2, userId: "9007199254740993" });
    expect(guest.mode).toBe("owner");
    await guest.close();
    await expect(guest.client.rpc("schema_version", {})).rejects.toMatchObject({ kind: "unreachable" });
    const again = new TraceRepo((await open(dataDir)).client);
    expect((await again.getTrace(root.trace_id))?.spans).toHaveLength(2);
    expect(await again.schemaVersion()).toBe(LATEST_SCHEMA_VERSION);
  });

  it("tells refused data, a wrong key and a missing function apart as InsForge does, as owner and as guest", async () => {
    const dataDir = await freshDataDir();
    for (const store of [await open(dataDir), await open(dataDir)]) {
      const { client, fetch } = store;
      const deep = new RawJson(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
      await expect(client.rpc("ingest", { batch: deep })).rejects.toMatchObject({
        kind: "rejected",
        status: 400,
      });
      await expect(client.rpc("ingest", { batch: new RawJson('["\\u0000"]') })).rejects.toMatchObject({
        kind: "rejected",
      });
      await expect(client.rpc("absent", {})).rejects.toMatchObject({
        kind: "schema-missing",
        code: "PGRST202",
      });
      const stranger = await createInsForgeStoreClient({
        baseUrl: "http://localhost",
        apiKey: "ik_other",
        fetch,
      });
      await expect(stranger.rpc("schema_version", {})).rejects.toMatchObject({
        kind: "unauthorized",
        status: 401,
      });
      await expect(client.rpc("schema_version", {}, { signal: AbortSignal.abort() })).rejects.toThrow();
    }
  });

  it("refuses a directory whose schema is newer than it knows, and lets it go", async () => {
    const dataDir = await freshDataDir();
    const store = await open(dataDir);
    const newer = LATEST_SCHEMA_VERSION + 1;
    const note = `INSERT INTO tracing.migrations (version, name) VALUES (${newer}, 'from-the-future')`;
    await store.migrations.apply({ version: newer, name: "from-the-future", sql: note });
    await expect(openEmbedded({ dataDir })).rejects.toMatchObject({ code: "schema-too-new" });
    await store.close();
    await expect(openEmbedded({ dataDir })).rejects.toThrow(`has schema version ${newer}`);
    await expect(openEmbedded({ dataDir })).rejects.toMatchObject({ code: "schema-too-new" });
  });

  it("says why a directory cannot be used", async () => {
    const file = join(scratchDir(), "file");
    writeFileSync(file, "");
    const opening = openEmbedded({ dataDir: join(file, "data") });
    await expect(opening).rejects.toMatchObject({ name: "TracingError", code: "store-failed" });
    await expect(opening).rejects.toThrow("TRACING_DATA_DIR");
  });

  it.each([
    [["@insforge/sdk", "@electric-sql/pglite"], "@insforge/sdk @electric-sql/pglite"],
    [["@insforge/sdk"], "@insforge/sdk"],
  ])("without %j names in one command what is missing, before it makes anything", (missing, named) => {
    const dataDir = join(scratchDir(), "data");
    const child = fileURLToPath(new URL("children/without-packages.ts", import.meta.url));
    const { stdout } = spawnSync(process.execPath, [child, dataDir, ...missing], { encoding: "utf8" });
    const what = missing.length === 1 ? "which is" : "which are";
    expect(stdout).toBe(
      `missing-dependency: The embedded store needs ${missing.join(" and ")}, ${what} not installed. Run: npm install ${named}\n`,
    );
    expect(existsSync(dataDir)).toBe(false);
  });

  it("stops opening when it is told to, and leaves the directory free", async () => {
    const dataDir = await freshDataDir();
    const signal = AbortSignal.timeout(20);
    await expect(openEmbedded({ dataDir, signal })).rejects.toMatchObject({ name: "TimeoutError" });
    expect((await open(dataDir)).mode).toBe("owner");
  });
});
