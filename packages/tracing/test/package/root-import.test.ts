import { beforeAll, describe, expect, it } from "vitest";
import { Project } from "./installed-project.ts";

const OPTIONAL = /node_modules\/(@insforge\/sdk|@electric-sql\/pglite|pg|@opentelemetry\/otlp-transformer)\//;

/** Prints, at the end, every file that was loaded. */
const RECORDER = `
import { registerHooks } from "node:module";
const loaded = [];
registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
process.on("exit", () => console.log(JSON.stringify(loaded)));
`;

describe("the root entry, where all peers are installed,", () => {
  let project: Project;
  beforeAll(() => {
    project = Project.create();
    project.write("recorder.mjs", RECORDER);
    project.write("import.mjs", `import * as tracing from "@app/tracing"; tracing.startTracing.name;`);
    project.write("require.cjs", `require("@app/tracing").startTracing.name;`);
    project.write("adapter.mjs", `await import("@insforge/sdk");`);
  });

  async function loadedBy(script: string): Promise<string[]> {
    return JSON.parse(await project.nodeOutput("--import", "./recorder.mjs", script)) as string[];
  }

  it.each(["import.mjs", "require.cjs"])("loads none of the optional ones (%s)", async (script) => {
    const loaded = await loadedBy(script);
    expect(loaded).toContainEqual(expect.stringMatching(/node_modules\/@app\/tracing\/dist\/index\.js$/));
    expect(loaded.filter((url) => OPTIONAL.test(url))).toEqual([]);
  });

  it("is judged by a recorder that would see them", async () => {
    expect((await loadedBy("adapter.mjs")).filter((url) => OPTIONAL.test(url))).not.toEqual([]);
  });

  it("gives CommonJS and modules the same objects", async () => {
    project.write(
      "same.cjs",
      `const tracing = require("@app/tracing");
       const { InsForgeSpanExporter } = require("@app/tracing/insforge");
       import("@app/tracing").then((module) => console.log(JSON.stringify([
         module.TraceContext === tracing.TraceContext,
         InsForgeSpanExporter === tracing.InsForgeSpanExporter,
         ["embedded", "postgres", "otlp", "testing"].map((entry) => typeof require("@app/tracing/" + entry)),
       ])));`,
    );
    expect(JSON.parse(await project.nodeOutput("same.cjs"))).toEqual([
      true,
      true,
      ["object", "object", "object", "object"],
    ]);
  });
});

describe("where only the required peer is installed", () => {
  const start = `
    import { startTracing, TracingError } from "@app/tracing";
    try {
      await startTracing({ logger: { info() {}, warn() {} } });
    } catch (error) {
      console.log(JSON.stringify([error instanceof TracingError, error.code, error.message]));
    }`;
  const insforge = { INSFORGE_BASE_URL: "http://127.0.0.1:1", INSFORGE_API_KEY: "ik_x" };
  const otlp = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" };
  let bare: Project;
  beforeAll(async () => {
    bare = await Project.install("bare", ["@opentelemetry/api"]);
    bare.write("start.mjs", start);
  }, 100_000);

  it("tracing calls straight through", async () => {
    bare.write(
      "through.mjs",
      `import { TraceContext, tracedSpan } from "@app/tracing";
       const twice = tracedSpan("tool:twice")((n) => n * 2);
       console.log(TraceContext.run({ pipelineName: "p" }, () => twice(twice(1))));`,
    );
    expect(await bare.nodeOutput("through.mjs")).toBe("4\n");
  });

  it.each([
    ["InsForge", insforge, "npm install @insforge/sdk"],
    ["OTLP", { ...otlp, TRACING_STORE: "none" }, "npm install @opentelemetry/otlp-transformer"],
    ["PostgreSQL", { DATABASE_URL: "postgres://127.0.0.1:1/x" }, "npm install pg"],
    ["The embedded store", {}, "Run: npm install @insforge/sdk @electric-sql/pglite"],
  ])("%s, when configured, says how to install what it needs", async (_, env, command) => {
    const project = bare.with({ env });
    expect(JSON.parse(await project.nodeOutput("start.mjs"))).toEqual([
      true,
      "missing-dependency",
      expect.stringContaining(command),
    ]);
  });

  it("the command line says so too", async () => {
    const { exitCode, stderr } = await bare.with({ env: insforge }).tracing("ls");
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("npm install @insforge/sdk")]);
  });

  it("the embedded store without the InsForge SDK names that", async () => {
    await bare.installMore(["@electric-sql/pglite"]);
    expect(JSON.parse(await bare.nodeOutput("start.mjs"))).toEqual([
      true,
      "missing-dependency",
      expect.stringContaining("npm install @insforge/sdk"),
    ]);
  }, 60_000);
});
