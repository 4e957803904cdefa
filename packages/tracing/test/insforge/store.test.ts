import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createInsForgeStoreClient } from "../../src/insforge/index.ts";
import { describeStoreContract } from "../../src/testing/store-contract/index.ts";
import type { InsForgeServer } from "../support/insforge-server.ts";
import { addressOf, openExporter, openRepo, TestBackend } from "./backend.ts";

let backend: TestBackend;
let server: InsForgeServer;

beforeAll(async () => {
  backend = await TestBackend.start();
  server = await backend.migrated();
});
afterAll(async () => {
  await server?.stop();
  await backend?.stop();
});

describeStoreContract("InsForge over HTTP", {
  runner: { afterAll, beforeAll, describe, it },
  open: () => createInsForgeStoreClient(addressOf(server)),
});

describe("the exporter in front of InsForge", () => {
  it("has its housekeeping done", async () => {
    const exporter = await openExporter(server, { retentionDays: 36_000 });
    await exporter.maintain();
    expect(await (await openRepo(server)).maintain()).toEqual({ droppedDays: [], deletedTraces: 0 });
  });
});
