import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { LazyStore } from "../src/lazy-store.ts";
import { openStore } from "../src/open-store.ts";
import { resolveStoreOptions } from "../src/store-options.ts";

describe("an open store", () => {
  it("says where it is, without secrets", async () => {
    const key = `ik_${"9f8e7d6c".repeat(4)}`;
    const opened = await Promise.all([
      openStore({ databaseUrl: "postgres://user:hunter2@db.example:5433/traces?sslmode=require" }, {}),
      openStore({ insforge: { baseUrl: "https://p.insforge.app/path", apiKey: key } }, {}),
      openStore({ insforge: { client: { rpc: () => 1 } } }, {}),
    ]);
    expect(opened.map(({ kind, description }) => [kind, description])).toEqual([
      ["postgres", "PostgreSQL at db.example:5433/traces"],
      ["insforge", "InsForge at https://p.insforge.app"],
      ["insforge", "InsForge at a given client"],
    ]);
    for (const store of opened) await store.close();
  });
});

describe("a store that is opened with its first use", () => {
  it("is opened again with a later one when that failed", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "lazy-store-"));
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    const options = resolveStoreOptions({ dataDir }, {});
    writeFileSync(options.embeddedDir, "in the way");
    const store = new LazyStore(options);
    onTestFinished(() => store.close());
    await expect(store.rpc("schema_version", {})).rejects.toMatchObject({ kind: "unreachable" });
    rmSync(options.embeddedDir);
    expect(Number(await store.rpc("schema_version", {}))).toBeGreaterThan(0);
  }, 120_000);

  it("once closed is not opened any more", async () => {
    const calls: string[] = [];
    const client = { rpc: (fn: string) => calls.push(fn) };
    const store = new LazyStore(resolveStoreOptions({ insforge: { client } }, {}));
    await store.close();
    await expect(store.rpc("schema_version", {})).rejects.toMatchObject({ kind: "unreachable" });
    expect(calls).toEqual([]);
  });
});
