import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type InsForgeServer, startInsForge } from "../support/insforge-server.ts";
import { query } from "../support/postgres-server.ts";
import { Project } from "./installed-project.ts";
import { codeBlocks, DOCUMENTS, README, readmeSample } from "./readme.ts";
import { typeCheck } from "./type-check.ts";

const stockTypes = new URL("../fixtures/compiled/stock-types.ts", import.meta.url);

/** Every TypeScript block of the documents, by the name of the file that it becomes. */
const blocks = new Map(
  DOCUMENTS.flatMap(({ name, text }) =>
    codeBlocks(text, "ts").map((code, index): [string, string] => [`${name}-${index}`, code]),
  ),
);

const installed = ["@insforge/sdk", "@types/node"];

describe.each([
  {
    sdk: "2.x",
    documents: [...blocks.keys()],
    stockSdk: "@opentelemetry/sdk-trace-base",
    packages: ["api@~1.9.0", "sdk-trace-base@^2.12.0", "sdk-node@~0.223.0", "otlp-transformer@~0.223.0"],
  },
  {
    sdk: "3.x",
    // Only the README's hold for both.
    documents: [...blocks.keys()].filter((name) => name.startsWith("readme-")),
    stockSdk: "@opentelemetry/sdk-trace",
    packages: ["api", "sdk-trace@^3.1.0", "sdk-node@~0.301.0", "otlp-transformer@~0.301.0"],
  },
])("with version $sdk of the OpenTelemetry SDK", ({ sdk, documents, stockSdk, packages }) => {
  let project: Project;
  let insforge: InsForgeServer;
  beforeAll(async () => {
    const opentelemetry = packages.map((name) => `@opentelemetry/${name}`);
    [project, insforge] = await Promise.all([
      Project.install(`sdk-${sdk}`, [...opentelemetry, ...installed]),
      startInsForge(),
    ]);
    project = project.with({
      env: { INSFORGE_BASE_URL: insforge.url, INSFORGE_API_KEY: insforge.apiKey },
    });
    project.setType("module");
    for (const [name, code] of blocks) project.write(`src/${name}.ts`, code);
    const stock = readFileSync(stockTypes, "utf8").replace("@opentelemetry/sdk-trace-base", stockSdk);
    project.write("src/stock-types.ts", stock);
  }, 100_000);
  afterAll(() => insforge?.stop());

  it.each([
    ["stage-3", false],
    ["legacy", true],
  ])(
    "the TypeScript of the documents compiles with %s decorators",
    async (outDir, experimentalDecorators) => {
      await typeCheck(project, `tsconfig.${outDir}.json`, {
        // The types of foreign packages are their own affair here.
        compilerOptions: { experimentalDecorators, outDir, rootDir: "src", skipLibCheck: true },
        files: [...documents, "stock-types"].map((name) => `src/${name}.ts`),
      });
    },
    60_000,
  );

  it("the README's set-up inside of it stores what it is given", async () => {
    const [setUp] = [...blocks].find(([, code]) => code.includes("new NodeSDK")) ?? ["missing"];
    project.write(
      "attached.mjs",
      `import { trace } from "@opentelemetry/api";
       import { TraceContext, tracedSpan } from "@app/tracing";
       import "./stage-3/${setUp}.js";
       const foreign = () => trace.getTracer("foreign").startActiveSpan("GET /", (span) => span.end());
       await TraceContext.run({ pipelineName: "learn" }, () => tracedSpan("agent:trainer")(async () => foreign())());
       process.kill(process.pid, "SIGTERM");`,
    );
    expect((await project.tracing("migrate")).exitCode).toBe(0);
    await project.nodeOutput("attached.mjs");
    const spans = await query(
      insforge.databaseUrl,
      `SELECT s.name, p.name AS parent FROM tracing.spans s
         LEFT JOIN tracing.spans p ON p.span_id = s.parent_span_id ORDER BY s.start_time, s.span_id`,
    );
    expect(spans.sort((a, b) => String(a.name).localeCompare(String(b.name)))).toEqual([
      { name: "agent:trainer", parent: "learn" },
      { name: "GET /", parent: "agent:trainer" },
      { name: "learn", parent: null },
    ]);
  }, 60_000);
});

describe("the README", () => {
  it("has a sample of 15 lines at most", () => {
    expect(readmeSample().trimEnd().split("\n").length).toBeLessThanOrEqual(15);
    expect(codeBlocks(README, "ts").length).toBeGreaterThan(1);
  });

  it("and the documents name commands that there are", async () => {
    const named = new Set(
      [
        ...DOCUMENTS.map(({ text }) => text)
          .join("\n")
          .matchAll(/npx tracing (\w+)/g),
      ].map(([, command = ""]) => command),
    );
    expect([...named]).toEqual(expect.arrayContaining(["ls", "show"]));
    const project = Project.create();
    for (const command of named) {
      const { exitCode, stdout } = await project.tracing(command, "--help");
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining(`Usage: tracing ${command}`)]);
    }
  }, 60_000);
});
