import { transform } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TraceDetail, TracePage } from "../../src/store/trace-repo.ts";
import { type InsForgeServer, startInsForge } from "../support/insforge-server.ts";
import { type PostgresServer, query, startPostgres } from "../support/postgres-server.ts";
import { Project, toStoredTree } from "./installed-project.ts";
import { codeBlocks, README, readmeSample } from "./readme.ts";

const sample = readmeSample();
const tree = [{ name: "learn", children: [{ name: "llm:openai", children: [] }] }];

/** A project with the sample in it, as it stands in the README and as JavaScript. */
async function projectWithSample(env: NodeJS.ProcessEnv = {}): Promise<Project> {
  const project = Project.create({ env });
  project.write("sample.ts", sample);
  project.write("sample.mts", sample);
  project.write("sample.mjs", (await transform(sample, { loader: "ts" })).code);
  return project;
}

/** What the sample printed names the root and, as its child, the model call. */
function expectPrintedTree(stdout: string): void {
  const field = (name: string, of: string) =>
    new RegExp(`${name}: '([0-9a-f]{16})'[^{}]*?name: '${of}'`).exec(stdout)?.[1];
  expect(field("parentSpanId", "llm:openai")).toMatch(/^[0-9a-f]{16}$/);
  expect(field("parentSpanId", "llm:openai")).toBe(field("spanId", "learn"));
}

/** Of what is shown, the part that is the same for every run. */
function withoutFigures(shown: string): string {
  return shown
    .replace(/\b[0-9a-f]{32}\b/g, "<trace>")
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "<time>")
    .replace(/[\d.]+ m?s\b/g, "<duration>")
    .replace(/[ █▏]+/g, " ")
    .replace(/ $/gm, "")
    .trim();
}

describe("the README's sample, with nothing configured", () => {
  let project: Project;
  beforeAll(async () => {
    project = await projectWithSample();
  });

  it("runs as TypeScript, prints its trace and ends", async () => {
    const { exitCode, stdout, stderr } = await project.node("sample.ts");
    expect([exitCode, stdout], stderr).toEqual([0, expect.stringContaining("traceId")]);
    expectPrintedTree(stdout);
    expect(stderr).toContain("No store is configured");
  }, 90_000);

  it("runs as JavaScript, beside what is there", async () => {
    expectPrintedTree(await project.nodeOutput("sample.mjs"));
  }, 90_000);

  it("is then listed by the command line, and shown as the README has it, plain in a pipe", async () => {
    const { traces } = await project.tracingJson<TracePage>("ls");
    expect(traces.map(({ pipelineName, status, spanCount }) => [pipelineName, status, spanCount])).toEqual([
      ["learn", "ok", 2],
      ["learn", "ok", 2],
    ]);
    const { exitCode, stdout, stderr } = await project.tracing("show", "latest");
    expect([exitCode, stderr]).toEqual([0, ""]);
    const printed = codeBlocks(README, "text").find((block) => block.includes("quickstart"));
    expect(withoutFigures(stdout)).toBe(withoutFigures(printed ?? "nothing"));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what must not be there
    expect(stdout).not.toMatch(/\u001b/);
  }, 90_000);
});

describe("the README's sample, unchanged,", () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());

  // By its name a module, whatever `npm init` has made of the project.
  async function runsIn(databaseUrl: string, env: NodeJS.ProcessEnv): Promise<void> {
    const project = await projectWithSample(env);
    project.setType("commonjs");
    const migrated = await project.tracing("migrate");
    expect([migrated.exitCode, migrated.stderr]).toEqual([0, ""]);

    const { exitCode, stdout, stderr } = await project.node("sample.mts");
    expect([exitCode, stderr]).toEqual([0, ""]);
    expectPrintedTree(stdout);
    const { traces: listed } = await project.tracingJson<TracePage>("ls");
    expect(listed.map(({ pipelineName, status }) => [pipelineName, status])).toEqual([["learn", "ok"]]);
    const trace = await project.tracingJson<TraceDetail>("show", "latest");
    expect(toStoredTree(trace)).toEqual(tree);

    const traces = await query(
      databaseUrl,
      `SELECT replace(trace_id::text, '-', '') AS id, pipeline_name, user_id, span_count::int, cost_usd::text FROM tracing.traces`,
    );
    expect(traces).toEqual([
      { id: trace.traceId, pipeline_name: "learn", user_id: "7", span_count: 2, cost_usd: trace.costUsd },
    ]);
    const spans = await query(
      databaseUrl,
      `SELECT s.name, p.name AS parent, s.model, s.input_tokens::int, s.output
         FROM tracing.spans s LEFT JOIN tracing.spans p ON p.span_id = s.parent_span_id ORDER BY s.name`,
    );
    expect(spans).toEqual([
      { name: "learn", parent: null, model: null, input_tokens: null, output: '"You asked: hello"' },
      {
        name: "llm:openai",
        parent: "learn",
        model: "gpt-4o-mini",
        input_tokens: 12,
        output: '"You asked: hello"',
      },
    ]);
  }

  it("stores the same in a PostgreSQL", async () => {
    const databaseUrl = await postgres.createDatabase();
    await runsIn(databaseUrl, { DATABASE_URL: databaseUrl });
  }, 90_000);

  it("stores the same in InsForge", async () => {
    const insforge: InsForgeServer = await startInsForge({ databaseUrl: await postgres.createDatabase() });
    try {
      await runsIn(insforge.databaseUrl, {
        INSFORGE_BASE_URL: insforge.url,
        INSFORGE_API_KEY: insforge.apiKey,
      });
      expect(insforge.requests.map(({ path }) => path)).toContainEqual(
        expect.stringContaining("/api/database/rpc/ingest"),
      );
    } finally {
      await insforge.stop();
    }
  }, 90_000);
});
