import { cpSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { FindingCode } from "../../../src/cli/doctor/catalogue.ts";
import type { Finding } from "../../../src/cli/doctor/finding.ts";
import { findInstalledPackage } from "../../../src/cli/doctor/installed-package.ts";
import { readSpoolStatus } from "../../../src/collector/spool/spool.ts";
import { TraceContext } from "../../../src/core/trace-context.ts";
import { startTracing, type Tracing } from "../../../src/start-tracing.ts";
import type { StartTracingOptions } from "../../../src/tracing-options.ts";
import { startReceiver } from "../../otlp/receiver.ts";
import { type InsForgeServer, startInsForge } from "../../support/insforge-server.ts";
import { type PostgresServer, query, startPostgres } from "../../support/postgres-server.ts";
import { captureRun } from "../captured-run.ts";
import { unusedAddress } from "../refusing-server.ts";
import { scratch } from "./examination.ts";
import { service } from "./service-directory.ts";
import { canMount, mountSmallDisk } from "./small-disk.ts";

/** Tests keep their data where a service should not; this is looked at on its own. */
const PLACE: readonly FindingCode[] = ["spool-in-tmp", "spool-in-memory", "disk-low"];

let postgres: PostgresServer;
let insforge: InsForgeServer;

beforeAll(async () => {
  postgres = await startPostgres();
  insforge = await startInsForge({ databaseUrl: await postgres.createDatabase() });
  expect((await captureRun(["migrate"], { env: connectedTo(insforge, tmpdir()) })).exitCode).toBe(0);
}, 60_000);
afterAll(async () => {
  await insforge?.stop();
  await postgres?.stop();
});

function connectedTo({ url, apiKey }: InsForgeServer, dataDir = scratch()): NodeJS.ProcessEnv {
  return { INSFORGE_BASE_URL: url, INSFORGE_API_KEY: apiKey, TRACING_DATA_DIR: dataDir };
}

/** Everything that `tracing doctor` would have mended here. */
async function doctor(env: NodeJS.ProcessEnv, directory?: string): Promise<Finding[]> {
  const run = await captureRun(["doctor", "--json"], { env, ...(directory !== undefined && { directory }) });
  const { findings } = JSON.parse(run.stdout) as { findings: Finding[] };
  const unwell = findings.filter(({ code }) => code !== undefined);
  expect([run.exitCode, run.stderr]).toEqual([unwell.some(({ status }) => status === "fail") ? 1 : 0, ""]);
  return unwell;
}

async function unwell(env: NodeJS.ProcessEnv, directory?: string): Promise<Finding[]> {
  return (await doctor(env, directory)).filter(({ code }) => code === undefined || !PLACE.includes(code));
}

function finding(code: FindingCode, message: RegExp, cure: RegExp) {
  return expect.objectContaining({
    code,
    message: expect.stringMatching(message),
    cure: expect.stringMatching(cure),
  });
}

/** A service that traces, gone with the test. */
async function startService(options: StartTracingOptions): Promise<Tracing> {
  const logger = { info: () => undefined, warn: () => undefined };
  const tracing = await startTracing({ logger, ...options });
  onTestFinished(() => tracing.shutdown());
  return tracing;
}

describe("doctor, where InsForge is the trouble,", () => {
  it("1: knows a wrong key", async () => {
    const env = connectedTo(insforge);
    expect(await unwell({ ...env, INSFORGE_API_KEY: "ik_0000" })).toEqual([
      finding("key-refused", /^InsForge does not accept the key/, /project's API key \(it begins with ik_\)/),
    ]);
    expect(await unwell(env)).toEqual([]);
  });

  it("2: knows an anonymous key, by its looks and by the answer", async () => {
    expect(await unwell({ ...connectedTo(insforge), INSFORGE_API_KEY: insforge.anonKey })).toEqual([
      finding("key-looks-anonymous", /looks like an anonymous key/, /begins with ik_/),
      finding("key-refused", /is an anonymous or a user's key/, /project's API key/),
    ]);
  });

  it("3: knows a host that nobody answers at", async () => {
    const env = { ...connectedTo(insforge), INSFORGE_BASE_URL: await unusedAddress() };
    expect(await unwell(env)).toEqual([finding("store-unreachable", /does not answer/, /INSFORGE_BASE_URL/)]);
  });

  it("4: knows a release that is too old to expose the schema, migrated or not", async () => {
    const databaseUrl = await postgres.createDatabase();
    const old = await startInsForge({ databaseUrl, exposeNewSchemas: false });
    onTestFinished(() => old.stop());
    const env = connectedTo(old);
    const notExposed = finding(
      "schema-missing",
      /does not expose the schema/,
      /upgrade InsForge to a release of/,
    );
    expect(await unwell(env)).toEqual([notExposed]);
    await captureRun(["migrate"], { env });
    expect(await unwell(env)).toEqual([notExposed]);
  });

  it("5: knows a clock that does not agree, and by how much", async () => {
    const date = new Date(Date.now() - 3_600_000).toUTCString();
    const mend = insforge.fault((path) =>
      path === "/" ? { kind: "answer", status: 200, headers: { date }, body: "{}" } : undefined,
    );
    onTestFinished(mend);
    const env = connectedTo(insforge);
    expect(await unwell(env)).toEqual([
      finding("clock-skew", /clock is 1h 00m ahead of the server's/, /NTP/),
    ]);
    mend();
    expect(await unwell(env)).toEqual([]);
  });
});

describe("doctor, where the schema is the trouble,", () => {
  it("6: knows one that is not there, one that is older and one that is newer", async () => {
    const DATABASE_URL = await postgres.createDatabase();
    const env = { DATABASE_URL, TRACING_DATA_DIR: scratch() };
    expect(await unwell(env)).toEqual([finding("schema-missing", /no tracing schema/, /`tracing migrate`/)]);
    await captureRun(["migrate"], { env });
    expect(await unwell(env)).toEqual([]);
    await query(DATABASE_URL, "INSERT INTO tracing.migrations (version, name) VALUES (999, 'future')");
    expect(await unwell(env)).toEqual([finding("schema-newer", /version 999/, /Upgrade @app\/tracing/)]);
    await query(DATABASE_URL, "DELETE FROM tracing.migrations WHERE version > 1");
    expect(await unwell(env)).toEqual([finding("schema-older", /has version 1,/, /`tracing migrate`/)]);
  });
});

describe("doctor, where the spool is the trouble,", () => {
  it("7: knows one that is near its cap, and one that had to drop", async () => {
    const dataDir = scratch();
    const baseUrl = await unusedAddress();
    await startService({
      dataDir,
      insforge: { baseUrl, apiKey: "ik_1" },
      collector: { maxSpoolBytes: 100_000, shutdownTimeoutMs: 100 },
    });
    const input = "x".repeat(1_000);
    const status = () => readSpoolStatus(join(dataDir, "spool"))[0];
    const hasNotedDrop = () => JSON.stringify(status()?.ledger?.dropped ?? {}) !== "{}";
    do TraceContext.run({ pipelineName: "learn", input }, () => undefined);
    while (!hasNotedDrop() || (status()?.bytes ?? 0) < 85_000);
    const env = connectedTo(insforge, dataDir);
    expect(await unwell(env)).toEqual([
      finding("spans-dropped", /\(alive\): spans had to be dropped \(spool-full \d+\)/, /larger spool/),
      finding(
        "spool-nearly-full",
        /has (8[5-9]|9)[.\d]+ KB of 100 KB/,
        /Bring the store back.*maxSpoolBytes/,
      ),
    ]);
  });

  it("8: knows one that cannot be written", async () => {
    const root = scratch();
    writeFileSync(join(root, "data"), "");
    const env = connectedTo(insforge, join(root, "data"));
    expect(await unwell(env)).toEqual([
      finding("spool-unwritable", /data cannot be written \(it is no directory\)/, /TRACING_DATA_DIR/),
    ]);
    rmSync(join(root, "data"));
    expect(await unwell(env)).toEqual([]);
    if (process.platform === "linux") {
      expect(await unwell({ ...env, TRACING_DATA_DIR: "/proc/tracing" })).toEqual([
        finding(
          "spool-unwritable",
          /\/proc cannot be written \(it takes no directories\)/,
          /TRACING_DATA_DIR/,
        ),
      ]);
    }
  });

  it("9: knows one on a temporary file system", async () => {
    // Without the right to mount one: what Linux always has, and elsewhere the directory for temporary files.
    const memory = process.platform === "linux" ? "/dev/shm" : scratch();
    const dataDir = join(canMount ? mountSmallDisk() : memory, "data");
    const code = process.platform === "linux" ? "spool-in-memory" : "spool-in-tmp";
    const findings = (await doctor(connectedTo(insforge, dataDir))).filter((one) => one.code !== "disk-low");
    expect(findings).toEqual([finding(code, /\/data\/spool is /, /^Set TRACING_DATA_DIR to a directory /)]);
  });

  if (canMount) {
    it("9b: knows a disk that is nearly full, and one that is full", async () => {
      const dataDir = mountSmallDisk();
      const env = connectedTo(insforge, dataDir);
      expect((await doctor(env)).map(({ code }) => code)).toContain("disk-low");
      expect(() => writeFileSync(join(dataDir, "filler"), Buffer.alloc(1_000_000))).toThrow(/ENOSPC/);
      expect(await doctor(env)).toEqual([finding("disk-full", /^No space is left in /, /^Free some space/)]);
      rmSync(join(dataDir, "filler"));
      expect((await doctor(env)).map(({ code }) => code)).not.toContain("disk-full");
    });
  }

  it("10: knows records that were set aside, and whether their process lives", async () => {
    const dataDir = scratch();
    const body = JSON.stringify({ code: "22P02", message: "poison", details: null, hint: null });
    onTestFinished(
      insforge.fault((path, sent) =>
        path.endsWith("/rpc/ingest") && sent.includes("tainted")
          ? { kind: "answer", status: 400, body }
          : undefined,
      ),
    );
    const { url: baseUrl, apiKey } = insforge;
    const tracing = await startService({ dataDir, insforge: { baseUrl, apiKey } });
    TraceContext.run({ pipelineName: "tainted" }, () => undefined);
    TraceContext.run({ pipelineName: "learn" }, () => undefined);
    await tracing.forceFlush();
    const deadLetters = (state: string) =>
      finding(
        "dead-letters",
        new RegExp(`^Process ${process.pid} \\(${state}\\): \\d records? that the store will never take`),
        /`tracing spool show`.*`tracing spool retry`.*dead-letter\.ndjson/,
      );
    expect(await unwell(connectedTo(insforge, dataDir))).toEqual([deadLetters("alive")]);
    await tracing.shutdown();
    expect(await unwell(connectedTo(insforge, dataDir))).toEqual([deadLetters("ended")]);
  });
});

describe("doctor, where the service itself is the trouble,", () => {
  it("11: knows copies of the OpenTelemetry API whose versions differ", async () => {
    const directory = service({ "@opentelemetry/api": "1.8.0" });
    const env = connectedTo(insforge);
    expect(await unwell(env, directory)).toEqual([
      finding("api-versions", /1\.8\.0 in .* \(of the service/, /npm dedupe.*context is lost/),
    ]);
    const there = join(directory, "node_modules/@opentelemetry/api");
    rmSync(there, { recursive: true });
    cpSync(findInstalledPackage("@opentelemetry/api", import.meta.url)?.directory ?? "", there, {
      recursive: true,
    });
    expect(await unwell(env, directory)).toEqual([]);
  });

  it("12: knows SDKs that compete for the context, and how to ask inside of the service", async () => {
    const directory = service({ "@sentry/node": "10.0.0", "@opentelemetry/sdk-node": "0.301.0" });
    const env = connectedTo(insforge);
    expect(await unwell(env, directory)).toEqual([
      finding("sdks-compete", /^@sentry\/node and @opentelemetry\/sdk-node/, /await checkContext\(\)/),
    ]);
    expect(await unwell(env, service({ "@opentelemetry/sdk-node": "0.301.0" }))).toEqual([]);
  });

  it("13: knows a switch for content that says neither yes nor no", async () => {
    const env = connectedTo(insforge);
    expect(await unwell({ ...env, TRACING_CAPTURE_CONTENT: "off" })).toEqual([
      finding("capture-invalid", /TRACING_CAPTURE_CONTENT is "off"; accepted: true, false/, /startTracing/),
    ]);
    for (const value of ["false", "1", ""])
      expect(await unwell({ ...env, TRACING_CAPTURE_CONTENT: value })).toEqual([]);
  });

  it("14: knows an OTLP receiver that is down", async () => {
    const receiver = await startReceiver();
    const env = { ...connectedTo(insforge), OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
    expect(await unwell(env)).toEqual([]);
    await receiver.down();
    expect(await unwell(env)).toEqual([
      finding("otlp-unreachable", /does not answer: .*ECONNREFUSED/, /OTEL_EXPORTER_OTLP_ENDPOINT/),
    ]);
  });

  it("15: says of a service that was killed what it left, and that starting it again delivers it", async () => {
    const dataDir = scratch();
    const tracing = await startService({
      dataDir,
      insforge: { baseUrl: await unusedAddress(), apiKey: "ik_1" },
      collector: { shutdownTimeoutMs: 100 },
    });
    TraceContext.run({ pipelineName: "learn" }, () => undefined);
    await tracing.shutdown();
    const env = connectedTo(insforge, dataDir);
    expect(await unwell(env)).toEqual([
      finding(
        "spool-left-behind",
        /\(ended\): 1 span pending, .* left behind in /,
        /^Start the service again/,
      ),
    ]);
    const { url: baseUrl, apiKey } = insforge;
    const again = await startService({ dataDir, insforge: { baseUrl, apiKey } });
    await again.forceFlush();
    expect(await unwell(env)).toEqual([]);
  });
});
