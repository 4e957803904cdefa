import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { resolveCollectorOptions, type TraceCollectorOptions } from "../src/collector/collector-options.ts";
import { TracingError } from "../src/core/errors.ts";
import { resolveTracingOptions, type StartTracingOptions } from "../src/tracing-options.ts";

const KEY = `ik_${"9f8e7d6c".repeat(4)}`;

function refusal(run: () => unknown): TracingError {
  try {
    run();
  } catch (error) {
    if (error instanceof TracingError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const refusedOptions = (options: unknown, env: NodeJS.ProcessEnv = {}) =>
  refusal(() => resolveTracingOptions(options as StartTracingOptions, env));

describe("options of startTracing", () => {
  it("have a default each", () => {
    const resolved = resolveTracingOptions({}, {});
    expect(resolved).toMatchObject({ serviceName: "unknown_service", global: false, collector: {} });
    expect(resolved.capture).toMatchObject({ content: true, limits: { maxBytes: 50_000 } });
    expect(resolved.store).toEqual({
      store: { kind: "embedded", source: "nothing configured" },
      dataDir: resolve(".data"),
      embeddedDir: resolve(".data/embedded"),
      spoolDir: resolve(".data/spool"),
      retentionDays: undefined,
    });
  });

  it("cannot be changed once they are settled", () => {
    const resolved = resolveTracingOptions({}, {});
    expect([resolved, resolved.store, resolved.capture].every(Object.isFrozen)).toBe(true);
  });

  it.each([
    ["options", null, "an object"],
    ["options", "bot", "an object"],
    ["options", [], "an object"],
    ["serviceName", { serviceName: "" }, "a non-empty text"],
    ["serviceName", { serviceName: 7 }, "a non-empty text"],
    ["insforge", { insforge: "http://localhost" }, "{ baseUrl, apiKey } or { client }"],
    ["insforge", { insforge: null }, "{ baseUrl, apiKey } or { client }"],
    ["insforge.client", { insforge: { client: undefined } }, "createAdminClient()"],
    ["insforge.baseUrl", { insforge: { apiKey: KEY } }, "http:// or https://"],
    ["insforge.baseUrl", { insforge: { baseUrl: "localhost:7130", apiKey: KEY } }, "http:// or https://"],
    ["insforge.apiKey", { insforge: { baseUrl: "http://localhost" } }, "a key"],
    ["insforge.apiKey", { insforge: { baseUrl: "http://localhost", apiKey: 7 } }, "a key"],
    ["databaseUrl", { databaseUrl: "mysql://localhost/d" }, "postgres:// or postgresql://"],
    ["databaseUrl", { databaseUrl: "" }, "postgres:// or postgresql://"],
    ["databaseUrl", { databaseUrl: 5432 }, "postgres:// or postgresql://"],
    ["dataDir", { dataDir: "" }, "the path of a directory"],
    ["dataDir", { dataDir: 7 }, "the path of a directory"],
    ["dataDir", { dataDir: "a\0b" }, "the path of a directory"],
    ["retentionDays", { retentionDays: 0 }, "a whole number of days from 1 to 36500"],
    ["retentionDays", { retentionDays: 1.5 }, "a whole number of days from 1 to 36500"],
    ["retentionDays", { retentionDays: "7" }, "a whole number of days from 1 to 36500"],
    ["capture", { capture: null }, "an object"],
    ["capture.content", { capture: { content: "yes" } }, "true or false"],
    ["capture.maxBytes", { capture: { maxBytes: 10 } }, "a whole number from 256 to 1000000"],
    ["capture.redact", { capture: { redact: false } }, "redaction cannot be switched off"],
    ["capture.redact.names", { capture: { redact: { names: "pin" } } }, "an array of names"],
    [
      "capture.redact.patterns",
      { capture: { redact: { patterns: ["x"] } } },
      "an array of regular expressions",
    ],
    ["capture.redact.hook", { capture: { redact: { hook: "x" } } }, "a function from a text to a text"],
    ["global", { global: "yes" }, "true or false"],
    ["collector", { collector: 4 }, "an object"],
    ["logger", { logger: { info: () => undefined } }, "info(message) and warn(message)"],
    ["logger", { logger: null }, "info(message) and warn(message)"],
  ])("say of a wrong %s what was received and what is accepted (%j)", (name, options, accepted) => {
    const error = refusedOptions(options);
    expect(error.code).toBe("invalid-option");
    expect(error.message).toMatch(new RegExp(`^${name.replaceAll(".", "\\.")} is .+; accepted: .`));
    expect(error.message).toContain(accepted);
  });

  it.each([
    ["servicename", { servicename: "bot" }, "serviceName"],
    ["collector.lingerMS", { collector: { lingerMS: 5 } }, "collector.lingerMs"],
    ["collector.spoolDir", { collector: { spoolDir: "x" } }, "collector.fsync"],
    ["capture.maxbytes", { capture: { maxbytes: 1_000 } }, "capture.maxBytes"],
    ["capture.redact.name", { capture: { redact: { name: ["pin"] } } }, "capture.redact.names"],
  ])("name an option that is not there, %s, and those that are", (name, options, meant) => {
    const { code, message } = refusedOptions(options);
    expect(code).toBe("invalid-option");
    expect(message).toContain(`${name} is not an option`);
    expect(message).toContain(meant);
  });

  it("never repeat a secret", () => {
    const password = "hunter2hunter2";
    for (const [options, env] of [
      [{ insforge: KEY }, {}],
      [{ insforge: { baseUrl: KEY, apiKey: KEY } }, {}],
      [{ insforge: { client: KEY } }, {}],
      [{ databaseUrl: `mysql://user:${password}@host/db` }, {}],
      [{ databaseUrl: `host=h password=${password}` }, {}],
      [{ serviceName: "bot", global: KEY }, {}],
      [{ retentionDays: KEY }, {}],
      [{}, { INSFORGE_BASE_URL: KEY, INSFORGE_API_KEY: KEY }],
      [{}, { INSFORGE_API_KEY: KEY }],
      [{}, { DATABASE_URL: `mysql://user:${password}@host/db` }],
      [{}, { TRACING_RETENTION_DAYS: KEY }],
      [{}, { TRACING_CAPTURE_CONTENT: KEY }],
    ] as const) {
      const { message } = refusedOptions(options, env);
      expect(message).not.toContain(KEY.slice(3));
      expect(message).not.toContain(password);
    }
  });
});

describe("the environment", () => {
  const insforge = { INSFORGE_BASE_URL: "https://p.insforge.app", INSFORGE_API_KEY: KEY };
  const database = { DATABASE_URL: "postgres://localhost/d" };

  it("names the store: InsForge before a database, either before the embedded one", () => {
    const store = (env: NodeJS.ProcessEnv) => resolveTracingOptions({}, env).store.store;
    expect(store({ ...insforge, ...database })).toEqual({
      kind: "insforge",
      target: { baseUrl: "https://p.insforge.app", apiKey: KEY },
      source: "INSFORGE_BASE_URL",
    });
    expect(store(database)).toEqual({
      kind: "postgres",
      databaseUrl: "postgres://localhost/d",
      source: "DATABASE_URL",
    });
    expect(store({ DATABASE_URL: "  ", INSFORGE_BASE_URL: "" }).kind).toBe("embedded");
  });

  it("is asked after the code", () => {
    const env = {
      ...insforge,
      TRACING_DATA_DIR: "/e",
      TRACING_RETENTION_DAYS: "7",
      OTEL_SERVICE_NAME: "env",
    };
    const options = { databaseUrl: "postgresql://h/d", dataDir: "c", retentionDays: 3, serviceName: "code" };
    expect(resolveTracingOptions(options, env)).toMatchObject({
      serviceName: "code",
      store: {
        store: { kind: "postgres", source: "databaseUrl" },
        spoolDir: join(resolve("c"), "spool"),
        retentionDays: 3,
      },
    });
    expect(resolveTracingOptions({}, env)).toMatchObject({
      serviceName: "env",
      store: { store: { kind: "insforge" }, dataDir: "/e", retentionDays: 7 },
    });
  });

  it("has the library's own data directory before the service's", () => {
    const dataDir = (env: NodeJS.ProcessEnv) => resolveTracingOptions({}, env).store.dataDir;
    expect(dataDir({ DATA_DIR: "/service", TRACING_DATA_DIR: "/own" })).toBe("/own");
    expect(dataDir({ DATA_DIR: "/service", TRACING_DATA_DIR: "" })).toBe("/service");
  });

  it("switches content off", () => {
    expect(resolveTracingOptions({}, { TRACING_CAPTURE_CONTENT: "false" }).capture.content).toBe(false);
    const options = { capture: { content: true } };
    expect(resolveTracingOptions(options, { TRACING_CAPTURE_CONTENT: "false" }).capture.content).toBe(true);
  });

  it.each([
    ["INSFORGE_BASE_URL", { ...insforge, INSFORGE_BASE_URL: "p.insforge.app" }, "http:// or https://"],
    ["INSFORGE_BASE_URL", { ...insforge, INSFORGE_BASE_URL: "ftp://p" }, "http:// or https://"],
    ["INSFORGE_BASE_URL", { INSFORGE_API_KEY: KEY }, "needs both"],
    ["INSFORGE_API_KEY", { INSFORGE_BASE_URL: "https://p" }, "needs both"],
    ["DATABASE_URL", { DATABASE_URL: "localhost" }, "postgres:// or postgresql://"],
    ["TRACING_RETENTION_DAYS", { TRACING_RETENTION_DAYS: "a week" }, "a whole number of days"],
    ["TRACING_RETENTION_DAYS", { TRACING_RETENTION_DAYS: "0x10" }, "a whole number of days"],
    ["TRACING_RETENTION_DAYS", { TRACING_RETENTION_DAYS: "-1" }, "a whole number of days"],
    ["TRACING_CAPTURE_CONTENT", { TRACING_CAPTURE_CONTENT: "no" }, "true, false, 1 or 0"],
  ])("with a wrong %s is refused by that name (%j)", (name, env, accepted) => {
    const error = refusedOptions({}, env);
    expect(error.code).toBe("invalid-option");
    expect(error.message).toContain(name);
    expect(error.message).toContain(accepted);
  });
});

describe("options of a TraceCollector", () => {
  const given = { exporter: { send: async () => ({ status: "stored" as const }) }, spoolDir: "spool" };
  const refused = (options: object) =>
    refusal(() => resolveCollectorOptions({ ...given, ...options } as TraceCollectorOptions));

  it("have the documented defaults", () => {
    expect(resolveCollectorOptions(given)).toMatchObject({
      maxBatchRecords: 512,
      maxBatchBytes: 4_194_304,
      maxInFlight: 4,
      lingerMs: 200,
      minBackoffMs: 1_000,
      maxBackoffMs: 60_000,
      maxSpoolBytes: 536_870_912,
      fsync: "interval",
      shutdownTimeoutMs: 5_000,
      flushTimeoutMs: 5_000,
    });
  });

  it.each([
    ["exporter", { exporter: {} }],
    ["spoolDir", { spoolDir: "" }],
    ["fsync", { fsync: "never" }],
    ["maxBatchRecords", { maxBatchRecords: 0 }],
    ["maxBatchBytes", { maxBatchBytes: 1.5 }],
    ["maxInFlight", { maxInFlight: "4" }],
    ["maxSpoolBytes", { maxSpoolBytes: -1 }],
    ["lingerMs", { lingerMs: -1 }],
    ["minBackoffMs", { minBackoffMs: 70_000 }],
    ["maxBackoffMs", { maxBackoffMs: 2 ** 31 }],
    ["shutdownTimeoutMs", { shutdownTimeoutMs: Number.NaN }],
    ["flushTimeoutMs", { flushTimeoutMs: Number.POSITIVE_INFINITY }],
  ])("say of a wrong %s what is accepted (%j)", (name, options) => {
    const error = refused(options);
    expect(error.code).toBe("invalid-option");
    expect(error.message).toMatch(new RegExp(`^${name} is .+; accepted: .`));
  });

  it("name one that is not there", () => {
    expect(refused({ lingerMS: 5 }).message).toMatch(/^lingerMS is not an option; accepted: .*lingerMs/);
    expect(refusal(() => resolveCollectorOptions(null as never)).message).toMatch(/^options is null/);
  });
});
