import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createInsForgeStoreClient } from "../../src/insforge/index.ts";
import { createStoreExporter } from "../../src/store/store-exporter.ts";
import type { Fault, InsForgeServer } from "../support/insforge-server.ts";
import { addressOf, encoded, openExporter, openRepo, sampleTrace, TestBackend } from "./backend.ts";

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

const INGEST = "/rpc/ingest";

/** What becomes of a batch under a fault, of the same batch afterwards, and how often its trace's spans are stored. */
async function sendUnder(fault: Fault, timeoutMs?: number) {
  const exporter = await openExporter(server, { timeoutMs });
  const records = sampleTrace(2);
  const batch = encoded(records);
  server.fault(fault, { path: INGEST });
  const outcome = await exporter.send(batch);
  const again = await exporter.send(batch);
  const trace = await (await openRepo(server)).getTrace(records[0]?.trace_id ?? "");
  return { outcome, again, spanCount: trace?.spanCount };
}

const STORED_ONCE = { again: { status: "stored" }, spanCount: 3 };

describe("a batch on its way to InsForge", () => {
  it("is stored in one request", async () => {
    const exporter = await openExporter(server);
    const records = sampleTrace(3);
    const before = server.requests.length;
    expect(await exporter.send(encoded(records))).toEqual({ status: "stored" });
    const [request, ...others] = server.requests.slice(before);
    expect(others).toEqual([]);
    expect(request).toMatchObject({
      method: "POST",
      path: "/api/database/rpc/ingest?columns=batch",
      headers: { "content-profile": "tracing", authorization: `Bearer ${server.apiKey}` },
      status: 200,
    });
  });

  it.each([
    ["is never answered", { kind: "hang" }],
    ["is answered at one byte a while", { kind: "drip", everyMs: 200 }],
  ] as const)("times out when it %s", async (_, fault) => {
    const outcome = { status: "retry", reason: expect.stringContaining("not answered in 500 ms") };
    expect(await sendUnder(fault, 500)).toMatchObject({ outcome, ...STORED_ONCE });
  });

  it.each([
    ["the acknowledgement is lost", { kind: "lost-acknowledgement" }],
    ["the connection breaks within the answer", { kind: "reset" }],
    ["the answer is cut off", { kind: "truncated" }],
    ["the answer is of 10 MB", { kind: "huge" }],
    ["the answer is no JSON", { kind: "answer", status: 200, body: "<html>Welcome to the hotel</html>" }],
    ["the answer is empty", { kind: "answer", status: 200 }],
    ["the answer is JSON of something else", { kind: "answer", status: 200, body: '"ok"' }],
    ["a proxy says no content", { kind: "answer", status: 204 }],
  ] as [string, Fault][])("is not taken for stored, and stored once, when %s", async (_, fault) => {
    const result = await sendUnder(fault);
    expect(result).toMatchObject({ outcome: { status: "retry" }, ...STORED_ONCE });
    expect(result.outcome).not.toHaveProperty("server");
  });

  it("waits for a backend that is down, and is stored when it is back", async () => {
    const exporter = await openExporter(server);
    const batch = encoded(sampleTrace());
    await server.down();
    // Connections that were kept alive break first; new ones are refused.
    const refused = {
      status: "retry",
      reason: expect.stringMatching(/does not answer: connect ECONNREFUSED/),
    };
    await expect.poll(() => exporter.send(batch), { timeout: 10_000 }).toMatchObject(refused);
    expect(await exporter.ready()).toBe(false);
    await server.up();
    expect(await exporter.ready()).toBe(true);
    expect(await exporter.send(batch)).toEqual({ status: "stored" });
  });

  it("waits when the backend's name is not known", async () => {
    const client = await createInsForgeStoreClient({ baseUrl: "http://nowhere.invalid", apiKey: "ik_x" });
    expect(await createStoreExporter(client).send(encoded(sampleTrace()))).toMatchObject({
      status: "retry",
      reason: expect.stringMatching(/nowhere\.invalid/),
    });
  });

  it.each([500, 502, 503, 504])("may be at fault itself when the answer is %i", async (status) => {
    const { outcome } = await sendUnder({ kind: "answer", status, body: "oops" });
    expect(outcome).toMatchObject({ status: "retry", server: true });
  });

  it.each([
    [408, ""],
    [429, "slow down"],
    [503, '{"code":"53300","message":"too many connections"}'],
    [500, '{"code":"40P01","message":"deadlock detected"}'],
    [500, '{"code":"55P03","message":"canceling statement due to lock timeout"}'],
    [400, '{"code":"42703","message":"column does not exist"}'],
  ])("waits without blame when the answer is %i %s", async (status, body) => {
    const { outcome } = await sendUnder({ kind: "answer", status, body });
    expect(outcome).toMatchObject({ status: "retry" });
    expect(outcome).not.toHaveProperty("server");
  });

  it.each([
    ["2", 2_000],
    ["0", 0],
    ["100000", 600_000],
    ["soon", undefined],
  ])("waits as long as Retry-After: %s says", async (value, afterMs) => {
    const { outcome } = await sendUnder({ kind: "answer", status: 429, headers: { "retry-after": value } });
    expect(outcome).toEqual({
      status: "retry",
      reason: expect.any(String),
      ...(afterMs !== undefined && { afterMs }),
    });
  });

  it("is refused for its size by a proxy", async () => {
    const { outcome } = await sendUnder({ kind: "answer", status: 413 });
    expect(outcome).toMatchObject({ status: "too-large" });
  });

  it.each([
    ["a NUL", "a\u0000b"],
    ["half a surrogate pair", "\ud800"],
  ])("is refused for %s, in the database's own words", async (_, name) => {
    const exporter = await openExporter(server);
    expect(await exporter.send(encoded(sampleTrace(0, { name })))).toMatchObject({
      status: "rejected",
      reason: expect.stringMatching(/22P0[25]/),
    });
  });

  it.each([400, 422])("is refused when the answer is a bare %i", async (status) => {
    expect((await sendUnder({ kind: "answer", status })).outcome).toMatchObject({ status: "rejected" });
  });

  it("is held when the key is refused, and flows with the new one", async () => {
    const keyed = await backend.migrated();
    try {
      const batch = encoded(sampleTrace());
      const exporter = await openExporter(keyed);
      const oldKey = keyed.apiKey;
      const newKey = keyed.rotateKey();
      const outcome = await exporter.send(batch);
      expect(outcome).toMatchObject({
        status: "unauthorized",
        reason: expect.stringContaining("AUTH_INVALID_API_KEY"),
      });
      expect(JSON.stringify(outcome)).not.toContain(oldKey);
      expect(await exporter.ready()).toBe(false);
      expect(await (await openExporter(keyed, { apiKey: newKey })).send(batch)).toEqual({ status: "stored" });
    } finally {
      await keyed.stop();
    }
  });

  it("is held by a schema that does not know its format", async () => {
    const exporter = await openExporter(server);
    const [record = ""] = encoded(sampleTrace());
    const outcome = await exporter.send([record.replace('{"v":1', '{"v":2')]);
    expect(outcome).toMatchObject({
      status: "schema-missing",
      reason: expect.stringContaining("tracing migrate"),
    });
  });

  it("has its verdict from the status when the body of a refusal never ends", async () => {
    const exporter = await openExporter(server);
    const [record = ""] = encoded(sampleTrace(0, { name: "\u0000" }));
    server.fault({ kind: "drip", everyMs: 60_000 }, { path: INGEST });
    expect(await exporter.send([record])).toMatchObject({ status: "rejected" });
  });

  it("does not follow a redirect with its key", async () => {
    const location = `${server.url}/elsewhere`;
    const before = server.requests.length;
    const { outcome } = await sendUnder({ kind: "answer", status: 307, headers: { location } });
    expect(outcome).toMatchObject({
      status: "retry",
      reason: expect.stringContaining(`redirects to ${location}`),
    });
    expect(server.requests.slice(before).map(({ path }) => path)).not.toContain("/elsewhere");
  });

  it("stores spans before their trace, and children long after, with rollups that add up", async () => {
    const exporter = await openExporter(server);
    const [root, ...children] = sampleTrace(4);
    if (!root) throw new Error("no root");
    const usage = { counts_usage: true, input_tokens: 10, cost_usd: "0.000000001" };
    const counted = children.map((child) => ({ ...child, ...usage }));
    await exporter.send(encoded(counted.slice(0, 2)));
    await exporter.send(encoded([root]));
    await Promise.all([0, 1, 2, 3].map(() => exporter.send(encoded([...counted, root]))));
    expect(await (await openRepo(server)).getTrace(root.trace_id)).toMatchObject({
      spanCount: 5,
      inputTokens: 40,
      costUsd: "0.000000004",
      durationMs: 1_500,
    });
  });

  it("is sent by a given SDK client as well, without any retry of the SDK's own", async () => {
    const { createAdminClient } = await import("@insforge/sdk");
    const client = await createInsForgeStoreClient({ client: createAdminClient(addressOf(server)) });
    const exporter = createStoreExporter(client);
    server.fault({ kind: "answer", status: 503 }, { path: INGEST, times: 1 });
    const before = server.requests.length;
    const batch = encoded(sampleTrace());
    expect(await exporter.send(batch)).toMatchObject({ status: "retry", server: true });
    expect(server.requests.length).toBe(before + 1);
    expect(await exporter.send(batch)).toEqual({ status: "stored" });
  });
});
