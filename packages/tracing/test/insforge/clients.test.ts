import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { createInsForgeStoreClient, InsForgeSpanExporter } from "../../src/insforge/index.ts";
import { RawJson, StoreError } from "../../src/store/store-client.ts";
import { encoded, sampleTrace } from "./backend.ts";

type Rpc = (fn: string, args: Record<string, unknown>) => unknown;

const exporterOf = (rpc: Rpc) => new InsForgeSpanExporter({ client: { rpc } });

/** PostgREST's builders send nothing until somebody awaits them, and again whenever somebody does. */
function builder(answer: unknown) {
  let sent = 0;
  return {
    get sent() {
      return sent;
    },
    // biome-ignore lint/suspicious/noThenProperty: a thenable that is no promise is what is tested
    then(resolve: (value: unknown) => void) {
      sent += 1;
      resolve(answer);
    },
  };
}

describe("a client with rpc(fn, args)", () => {
  it("gets the function's name and plain arguments", async () => {
    const calls: unknown[] = [];
    const exporter = exporterOf((...call) => {
      calls.push(call);
      return { inserted: 1, duplicates: 0 };
    });
    const records = sampleTrace(1);
    expect(await exporter.send(encoded(records))).toEqual({ status: "stored" });
    expect(calls).toEqual([["ingest", { batch: records }]]);
  });

  it.each([
    ["the value itself", () => ({ inserted: 1 })],
    ["a promise of it", async () => ({ inserted: 1 })],
    ["nothing", () => undefined],
    ["data without an error", async () => ({ data: { inserted: 1 }, error: null, status: 200 })],
    ["a builder", () => builder({ data: { inserted: 1 }, error: null, status: 200 })],
  ])("may answer with %s", async (_, rpc) => {
    expect(await exporterOf(rpc).send(encoded(sampleTrace()))).toEqual({ status: "stored" });
  });

  it("is asked once, also when its answer is a lazy builder", async () => {
    const lazy = builder({ data: 4, error: null });
    const client = await createInsForgeStoreClient({ client: { rpc: () => lazy } });
    expect(await client.rpc("schema_version", {})).toBe(4);
    expect(lazy.sent).toBe(1);
  });

  it.each([
    [{ status: 401, error: { code: "AUTH_INVALID_API_KEY", message: "no" } }, "unauthorized"],
    [{ status: 404, error: { code: "PGRST202", message: "no" } }, "schema-missing"],
    [{ status: 400, error: { code: "22P05", message: "no" } }, "rejected"],
    [{ status: 413, error: { message: "no" } }, "too-large"],
    [{ status: 0, error: { message: "TypeError: fetch failed", code: "" } }, "retry"],
    [{ error: { code: "22P02", message: "no" } }, "rejected"],
    [{ error: { code: "42501", message: "no" } }, "unauthorized"],
    [{ error: { code: "XX000", message: "no" } }, "retry"],
    [{ error: { code: "P0001", message: "no" } }, "rejected"],
    [{ error: Object.assign(new Error("no"), { statusCode: 429 }) }, "retry"],
    [{ error: "no" }, "retry"],
  ])("refuses with %j", async (answer, status) => {
    expect(
      await exporterOf(async () => ({ data: null, ...answer })).send(encoded(sampleTrace())),
    ).toMatchObject({
      status,
    });
  });

  it("holds records while it throws or rejects", async () => {
    const thrown = await exporterOf(() => {
      throw new Error("not connected");
    }).send(encoded(sampleTrace()));
    expect(thrown).toEqual({ status: "retry", reason: "InsForge does not answer: not connected" });
    const rejected = await exporterOf(() => Promise.reject(new Error("gone"))).send(encoded(sampleTrace()));
    expect(rejected).toMatchObject({ status: "retry" });
  });

  it("is understood when it is a store client of this library's own making", async () => {
    const refusal = new StoreError("too-large", "no");
    expect(await exporterOf(() => Promise.reject(refusal)).send(encoded(sampleTrace()))).toEqual({
      status: "too-large",
      reason: "no",
    });
    const inner = await createInsForgeStoreClient({ client: { rpc: (_, args) => args } });
    expect(await createInsForgeStoreClient({ client: inner })).toBe(inner);
    expect(await inner.rpc("f", { a: new RawJson("[1]"), b: 2 })).toEqual({ a: [1], b: 2 });
  });

  it("is waited for no longer than the time given", async () => {
    const client = await createInsForgeStoreClient({ client: { rpc: () => new Promise(() => undefined) } });
    await expect(client.rpc("ingest", {}, { timeoutMs: 20 })).rejects.toMatchObject({ kind: "unreachable" });
    const signal = AbortSignal.timeout(20);
    await expect(client.rpc("ingest", {}, { signal })).rejects.toMatchObject({ kind: "unreachable" });
  });

  it("is asked for the schema when it has several", async () => {
    const calls: unknown[] = [];
    const client = await createInsForgeStoreClient({
      client: {
        schema(name) {
          return { rpc: (fn, args) => calls.push([name, fn, args]) };
        },
      },
    });
    await client.rpc("schema_version", {});
    expect(calls).toEqual([["tracing", "schema_version", {}]]);
  });
});

describe("without @insforge/sdk", () => {
  it("works with a given client, and names the command that installs it otherwise", async () => {
    const path = fileURLToPath(new URL("children/without-sdk.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [path]);
    expect(stdout.trim().split("\n")).toEqual([
      "stored",
      "missing-dependency",
      "Run: npm install @insforge/sdk",
    ]);
  });
});

describe("what is no client", () => {
  it.each([undefined, null, 7, "ik_x", {}, { rpc: "no" }])(
    "is refused at construction: %j",
    async (client) => {
      const options = { client } as unknown as ConstructorParameters<typeof InsForgeSpanExporter>[0];
      expect(() => new InsForgeSpanExporter(options)).toThrowError(
        expect.objectContaining({ name: "TracingError", code: "invalid-option" }),
      );
    },
  );

  it.each([
    [{ baseUrl: "my-app.insforge.app", apiKey: "ik_x" }, "baseUrl"],
    [{ baseUrl: "ftp://x.example", apiKey: "ik_x" }, "baseUrl"],
    [{ baseUrl: "https://x.example", apiKey: " " }, "apiKey"],
  ])("is refused as an address: %j", async (target, name) => {
    await expect(createInsForgeStoreClient(target)).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining(name),
    });
  });

  it.each([0, -1, 1.5, Number.NaN])("does not retain traces for %d days", (retentionDays) => {
    expect(() => new InsForgeSpanExporter({ client: { rpc: () => null }, retentionDays })).toThrowError(
      /retentionDays/,
    );
  });

  it("hands the days of retention to the store's maintenance", async () => {
    const calls: unknown[] = [];
    const rpc: Rpc = (...call) => void calls.push(call);
    await new InsForgeSpanExporter({ client: { rpc }, retentionDays: 30 }).maintain();
    await new InsForgeSpanExporter({ client: { rpc } }).maintain();
    expect(calls).toEqual([
      ["maintain", { options: { retentionDays: 30 } }],
      ["maintain", { options: {} }],
    ]);
  });
});
