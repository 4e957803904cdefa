import { cpSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TraceDetail } from "../../src/store/trace-repo.ts";
import { Project, toStoredTree } from "./installed-project.ts";
import { typeCheck } from "./type-check.ts";

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));

let project: Project;
let closeStore: () => Promise<void>;

beforeAll(async () => {
  project = Project.create();
  closeStore = await project.holdStoreOpen();
  project.setType("module");
  cpSync(`${fixtures}compiled`, project.path("src"), { recursive: true });
  for (const name of ["methods", "wrappers"]) {
    project.write(`src/${name}.ts`, forThePackage(readFileSync(`${fixtures}decorators/${name}.ts`, "utf8")));
  }
}, 100_000);

afterAll(() => closeStore?.());

/** A fixture that imports the sources, turned to the installed package. */
function forThePackage(source: string): string {
  return source
    .replace(`"../../../src/core/traced-span.ts"`, `"@app/tracing"`)
    .replace(
      `import { printTree } from "./print-tree.ts"`,
      `import { printTrace as printTree } from "./print-trace.ts"`,
    );
}

interface Compiler {
  name: string;
  compile(programs: readonly string[], outDir: string): Promise<void>;
}

const withTsc = (name: string, experimentalDecorators: boolean): Compiler => ({
  name,
  compile: (programs, outDir) =>
    typeCheck(project, `tsconfig.${outDir}.json`, {
      compilerOptions: { experimentalDecorators, outDir, rootDir: "src" },
      files: [...programs, "every-entry"].map((program) => `src/${program}.ts`),
    }),
});

const withEsbuild = (name: string, experimentalDecorators: boolean): Compiler => ({
  name,
  async compile(programs, outDir) {
    await build({
      entryPoints: programs.map((program) => project.path(`src/${program}.ts`)),
      outdir: project.path(outDir),
      ...{ bundle: true, packages: "external", platform: "node", format: "esm", target: "es2022" },
      tsconfigRaw: { compilerOptions: { experimentalDecorators } },
      logLevel: "silent",
    });
  },
});

const leaf = (name: string) => ({ name, children: [] });
const models = [leaf("llm:offline"), leaf("llm:offline")];
const parallel = [
  {
    name: "support",
    children: [
      { name: "agent:playbook", children: [...models, leaf("step:remember")] },
      { name: "agent:signals", children: models },
      leaf("llm:stream"),
      leaf("tool:count"),
    ],
  },
];

interface Printed {
  result: unknown;
  /** When the run had settled, and in the end. */
  settled: TraceDetail;
  trace: TraceDetail;
}

async function printed(outDir: string, program: string): Promise<Printed> {
  return JSON.parse(await project.nodeOutput(`${outDir}/${program}.js`)) as Printed;
}

const namesOf = (trace: TraceDetail) => trace.spans.map((span) => span.name);

describe.each([
  [withTsc("tsc with stage-3 decorators", false), "tsc-stage-3"],
  [withTsc("tsc with legacy decorators", true), "tsc-legacy"],
  [withEsbuild("esbuild with stage-3 decorators", false), "esbuild-stage-3"],
  [withEsbuild("esbuild with legacy decorators", true), "esbuild-legacy"],
] as const)("against the packed types, compiled by $name", (compiler, outDir) => {
  const programs = ["decorated-agents", "wrapped-agents", "methods", "wrappers"];
  beforeAll(() => compiler.compile(programs, outDir));

  it.each(["decorated-agents", "wrapped-agents"])(
    "%s keep parallel calls apart, and a step nobody waits for with its agent",
    async (program) => {
      const { result, settled, trace } = await printed(outDir, program);
      expect(result).toEqual({ notes: ["A?", "B!"], count: 2, read: "xy" });
      expect(toStoredTree(trace)).toEqual(parallel);
      expect([trace.status, trace.spanCount, trace.inputTokens]).toEqual(["ok", 10, 4]);
      expect([settled.status, settled.durationMs]).toEqual(["ok", trace.durationMs]);
      expect(namesOf(settled).sort()).toEqual(
        namesOf(trace)
          .filter((name) => name !== "step:remember")
          .sort(),
      );
    },
  );

  it("the fixtures of the sources do what they do there", async () => {
    const methods = await printed(outDir, "methods");
    expect(methods.result).toMatchObject({ said: "HIHI!", sync: false, numbers: [0, 1, 2] });
    expect(methods.trace.spanCount).toBe(17);
    const wrappers = await printed(outDir, "wrappers");
    expect(wrappers.result).toEqual({ sum: 3, counted: [4, 2], evens: [0, 2] });
  });
});
