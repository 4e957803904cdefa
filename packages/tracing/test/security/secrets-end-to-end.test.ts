import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTracing, TraceContext, type Tracing } from "../../src/index.ts";
import { openStore } from "../../src/open-store.ts";
import { migrate } from "../../src/store/migrator.ts";
import { ORDINARY_TEXTS } from "../capture/redaction/ordinary-texts.ts";
import { SECRETS } from "../capture/redaction/secrets.ts";
import { captureRun } from "../cli/captured-run.ts";
import { openReceiver, type Receiver } from "../otlp/receiver.ts";
import { type InsForgeServer, startInsForge } from "../support/insforge-server.ts";
import { query } from "../support/postgres-server.ts";
import { leakyRun } from "./leaky-run.ts";

let dataDir: string;
let insforge: InsForgeServer;
let receiver: Receiver;
let tracing: Tracing;
const traceIds: string[] = [];
const logged: string[] = [];

/** Secrets of the operator's, which stand in no value but in how the backends are reached. */
const otlpKey = "otlpHunter2x";

/** What comes out, by where. */
const places = new Map<string, string>();

function keep(place: string, ...texts: string[]): void {
  places.set(place, [places.get(place) ?? "", ...texts].join("\n"));
}

/** Everything that is under a directory, as text. */
function readAll(directory: string): string {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1")).join("\n");
}

/** All columns of all tables of the schema. */
async function readTables(): Promise<string> {
  const tables = await query(
    insforge.databaseUrl,
    "SELECT oid::regclass AS name FROM pg_class WHERE relnamespace = 'tracing'::regnamespace AND relkind = 'r'",
  );
  const rows = await Promise.all(
    tables.map(({ name }) =>
      query(insforge.databaseUrl, `SELECT row_to_json(t)::text || t::text AS row FROM ${name} t`),
    ),
  );
  return rows
    .flat()
    .map(({ row }) => String(row))
    .join("\n");
}

const env = () => ({
  INSFORGE_BASE_URL: insforge.url,
  INSFORGE_API_KEY: insforge.apiKey,
  TRACING_DATA_DIR: dataDir,
});

async function commandLine(...argv: string[]): Promise<void> {
  const { stdout, stderr } = await captureRun(argv, { env: env(), columns: 200, directory: dataDir });
  keep(
    `tracing ${argv[0]} ${argv.filter((arg) => arg.startsWith("-") || arg === "spool").join(" ")}`,
    stdout,
    stderr,
  );
}

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "secrets-"));
  insforge = await startInsForge({ schemaCacheLagMs: 50 });
  receiver = await openReceiver();
  const store = await openStore({ insforge: { baseUrl: insforge.url, apiKey: insforge.apiKey } }, {});
  await migrate(store.migrations);
  await store.close();

  // Everything happens while the store is away, so that it waits on the disk.
  await insforge.down();
  await receiver.down();
  process.env.OTEL_RESOURCE_ATTRIBUTES = `region=eu,api_key=hunter2x,note=${encodeURIComponent(SECRETS[0]?.text ?? "")}`;
  tracing = await startTracing({
    serviceName: `bot ${SECRETS[0]?.text}`,
    insforge: { baseUrl: insforge.url, apiKey: insforge.apiKey },
    dataDir,
    global: true,
    otlp: { url: receiver.url, headers: { authorization: otlpKey } },
    logger: { info: (line) => logged.push(line), warn: (line) => logged.push(line) },
    collector: { lingerMs: 1, minBackoffMs: 5, maxBackoffMs: 50, flushTimeoutMs: 60_000 },
  });
  delete process.env.OTEL_RESOURCE_ATTRIBUTES;
  for (const { text } of SECRETS) traceIds.push(await leakyRun(text));
  keep("spool files while the backends are away", readAll(dataDir));

  // When it comes back, it refuses some runs, and repeats in its own words what other services sent it.
  const echoed = SECRETS.filter((_, index) => index % 5 === 0);
  insforge.fault((path, body) => {
    const poison = /"name":"poison (\d+)"/.exec(path.endsWith("/rpc/ingest") ? body : "")?.[1];
    if (poison === undefined) return undefined;
    const text = echoed[Number(poison)]?.text ?? "";
    const answer = {
      code: "22P02",
      message: `invalid input: ${text}`,
      details: `Failing row contains (${text}).`,
      hint: text,
    };
    return { kind: "answer", status: 400, body: JSON.stringify(answer) };
  });
  for (const index of echoed.keys()) TraceContext.run({ pipelineName: `poison ${index}` }, () => 1);
  receiver.fault({ kind: "answer", status: 400, body: `${SECRETS[0]?.text} and ${otlpKey.slice(0, 4)}` });
  await insforge.up();
  await receiver.up();
  await tracing.forceFlush();
  await tracing.otlp?.forceFlush();

  keep("dead letters and what else stays on the disk", readAll(dataDir));
  await commandLine("spool", "ls");
  await commandLine("spool", "ls", "--json");
  await commandLine("spool", "show", "--json");
  await commandLine("doctor");
  await commandLine("doctor", "--json");
  for (const traceId of traceIds.filter((_, index) => index % 8 === 0)) {
    await commandLine("show", traceId);
    await commandLine("show", traceId, "--full");
    await commandLine("show", traceId, "--json");
    await commandLine("export", traceId, "--format", "json");
    await commandLine("export", traceId, "--format", "otlp");
  }
  await commandLine("ls", "--limit", "200");
  await commandLine("ls", "--limit", "200", "--json");
  await commandLine("errors", "--limit", "200");
  await commandLine("errors", "--limit", "200", "--json");
  await commandLine("stats");
  await commandLine("stats", "--json");
  keep("tables", await readTables());
  keep("OTLP requests", ...receiver.requests.map(({ body }) => body.toString("latin1")));
  keep("OTLP spans", JSON.stringify(receiver.spans));
  keep("log", ...logged);
  keep("stats of the collectors", JSON.stringify([tracing.stats(), tracing.otlp?.stats()]));
}, 300_000);

afterAll(async () => {
  await tracing?.shutdown();
  await insforge?.stop();
  await receiver?.down();
  rmSync(dataDir, { recursive: true, force: true });
});

/** The forms in which a secret might come out: as it is, in JSON, twice in JSON, encoded. */
function formsOf(hidden: string): string[] {
  const json = JSON.stringify(hidden).slice(1, -1);
  const latin1 = Buffer.from(hidden).toString("latin1");
  const base64 = Buffer.from(hidden)
    .toString("base64")
    .replace(/.{0,4}$/, "");
  return [
    ...new Set([hidden, latin1, json, JSON.stringify(json).slice(1, -1), encodeURIComponent(hidden), base64]),
  ].filter((form) => form.length >= 4);
}

describe("a secret that stands in every place of a run", () => {
  it("is looked for where something came out", () => {
    for (const [place, text] of places) expect(text.length, place).toBeGreaterThan(20);
    expect(places.get("tables")).toContain("step:failing");
    expect(places.get("OTLP spans")).toContain("step:failing");
    expect(places.get("tracing export --format")).toContain("gen_ai.input.messages");
    expect(places.get("dead letters and what else stays on the disk")).toContain("poison 3");
    expect(tracing.stats()).toMatchObject({ pending: 0, deadLettered: Math.ceil(SECRETS.length / 5) });
  });

  it.each(SECRETS)("comes out nowhere: $kind", ({ hidden }) => {
    const found = [...places].filter(([, text]) => formsOf(hidden).some((form) => text.includes(form)));
    expect(found.map(([place]) => place)).toEqual([]);
  });

  it("nor do the keys of the backends", () => {
    for (const key of [insforge.apiKey, otlpKey]) {
      const found = [...places].filter(([, text]) => formsOf(key).some((form) => text.includes(form)));
      expect(found.map(([place]) => place)).toEqual([]);
    }
  });
});

it("ordinary texts come out as they were", async () => {
  const traceId = TraceContext.run({ pipelineName: "ordinary", input: ORDINARY_TEXTS }, (run) => {
    run.setOutput(Object.fromEntries(ORDINARY_TEXTS.map((text, index) => [`text ${index}`, text])));
    return run.traceId;
  });
  await tracing.forceFlush();
  const trace = await tracing.repo.getTrace(traceId);
  expect(trace?.input).toEqual(ORDINARY_TEXTS);
  expect(Object.values(trace?.output ?? {})).toEqual(ORDINARY_TEXTS);
});
