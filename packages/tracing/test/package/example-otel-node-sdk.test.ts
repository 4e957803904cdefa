import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { TraceDetail, TracePage } from "../../src/store/trace-repo.ts";
import { Project, toStoredTree } from "./installed-project.ts";

const example = fileURLToPath(new URL("../../../../examples/otel-node-sdk/", import.meta.url));

const INSTRUMENTATION = [
  "sdk-node@~0.301.0",
  "instrumentation-http@~0.301.0",
  "instrumentation-undici@~0.34.0",
];

it("the example inside of NodeSDK makes one trace of HTTP and pipeline, with nothing doubled", async () => {
  const project = await Project.install(
    "example-otel-node-sdk",
    ["api", ...INSTRUMENTATION]
      .map((name) => `@opentelemetry/${name}`)
      .concat("@insforge/sdk", "@electric-sql/pglite"),
  );
  project.setType("module");
  cpSync(`${example}src`, project.path("src"), { recursive: true });
  expect(await project.nodeOutput("src/main.ts")).toContain("12 in stock");
  const { traces } = await project.tracingJson<TracePage>("ls");
  expect(traces).toHaveLength(1);
  const served = { name: "GET", children: [{ name: "GET", children: [] }] };
  const answer = { name: "answer", children: [{ name: "tool:stock", children: [served] }] };
  expect(toStoredTree(await project.tracingJson<TraceDetail>("show", "latest"))).toEqual([
    { name: "GET", children: [{ name: "GET", children: [answer] }] },
  ]);
}, 180_000);
