import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { TraceDetail, TracePage } from "../../src/store/trace-repo.ts";
import { startInsForge } from "../support/insforge-server.ts";
import { Project, type StoredTree, toStoredTree } from "./installed-project.ts";

const example = fileURLToPath(new URL("../../../../examples/otel-node-sdk/", import.meta.url));

const INSTRUMENTATION = [
  "sdk-node@~0.301.0",
  "instrumentation-http@~0.301.0",
  "instrumentation-undici@~0.34.0",
];

const get = (...children: StoredTree[]): StoredTree => ({ name: "GET", children });
/** Each request once as its client sees it and once as its server does, with ours between. */
const tree = [get(get({ name: "answer", children: [{ name: "tool:stock", children: [get(get())] }] }))];

describe("the example inside of NodeSDK", () => {
  let project: Project;
  beforeAll(async () => {
    project = await Project.install("example-otel-node-sdk", [
      ...["api", ...INSTRUMENTATION].map((name) => `@opentelemetry/${name}`),
      ...["@insforge/sdk", "@electric-sql/pglite"],
    ]);
    project.setType("module");
    cpSync(`${example}src`, project.path("src"), { recursive: true });
  }, 180_000);

  it("makes one trace of HTTP and pipeline, with nothing doubled, where nothing is configured", async () => {
    expect(await project.nodeOutput("src/main.ts")).toContain("12 in stock");
    const { traces } = await project.tracingJson<TracePage>("ls");
    expect(traces.map(({ spanCount, status }) => [spanCount, status])).toEqual([[6, "ok"]]);
    expect(toStoredTree(await project.tracingJson<TraceDetail>("show", "latest"))).toEqual(tree);
  }, 120_000);

  it("traces none of the collector's own requests, which go over the same fetch", async () => {
    const insforge = await startInsForge();
    onTestFinished(() => insforge.stop());
    const env = {
      INSFORGE_BASE_URL: insforge.url,
      INSFORGE_API_KEY: insforge.apiKey,
      TRACING_DATA_DIR: ".data-insforge",
    };
    const there = project.with({ env });
    expect((await there.tracing("migrate")).exitCode).toBe(0);
    const before = insforge.requests.length;
    expect(await there.nodeOutput("src/main.ts")).toContain("12 in stock");
    const sent = insforge.requests.slice(before);
    expect(sent.map(({ path }) => path)).toContainEqual(expect.stringContaining("/rpc/ingest"));
    expect(sent.filter(({ headers }) => headers.traceparent !== undefined)).toEqual([]);
    const { traces } = await there.tracingJson<TracePage>("ls");
    expect(traces.map(({ spanCount }) => spanCount)).toEqual([6]);
    expect(toStoredTree(await there.tracingJson<TraceDetail>("show", "latest"))).toEqual(tree);
  }, 120_000);
});
