import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const packageDir = fileURLToPath(new URL("../../", import.meta.url));
const fixtures = "test/fixtures/decorators";

/** Inside of the package, so that what is compiled finds its dependencies, and not under version control. */
let outDir: string;

beforeAll(async () => {
  const ignored = join(packageDir, ".test-results");
  await mkdir(ignored, { recursive: true });
  outDir = await mkdtemp(join(ignored, "decorators-"));
});

afterAll(async () => {
  await rm(outDir, { recursive: true, force: true });
});

interface Compiler {
  name: string;
  compile(fixture: string): Promise<string>;
}

const withEsbuild = (name: string, experimentalDecorators: boolean, minify = false): Compiler => ({
  name,
  async compile(fixture) {
    const outfile = join(outDir, name.replaceAll(" ", "-"), `${fixture}.js`);
    await build({
      entryPoints: [join(packageDir, fixtures, `${fixture}.ts`)],
      outfile,
      bundle: true,
      minify,
      platform: "node",
      format: "esm",
      target: "es2022",
      packages: "external",
      tsconfigRaw: { compilerOptions: { experimentalDecorators, useDefineForClassFields: true } },
    });
    return outfile;
  },
});

/** Fails, with the compiler's complaints, when the types do not hold. */
const withTsc = (name: string, experimentalDecorators: boolean): Compiler => ({
  name,
  async compile(fixture) {
    const dir = join(outDir, `${name.replaceAll(" ", "-")}-${fixture}`);
    await mkdir(dir);
    const compilerOptions = {
      ...{
        experimentalDecorators,
        noEmit: false,
        noEmitOnError: true,
        rewriteRelativeImportExtensions: true,
      },
      ...{ rootDir: packageDir, outDir: dir, isolatedModules: false },
    };
    const files = [join(packageDir, fixtures, `${fixture}.ts`)];
    const config = { extends: join(packageDir, "tsconfig.json"), compilerOptions, files, include: [] };
    await writeFile(join(dir, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(packageDir, "node_modules/typescript/bin/tsc");
    await run(process.execPath, [tsc, "-p", dir]).catch((error: { stdout: string }) => {
      throw new Error(error.stdout);
    });
    return join(dir, fixtures, `${fixture}.js`);
  },
});

async function output(compiler: Compiler, fixture: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, [await compiler.compile(fixture)]);
  return JSON.parse(stdout);
}

const leaf = (name: string) => ({ name, children: [] });
const trained = {
  name: "agent:trainer",
  children: [leaf("llm:offline"), leaf("llm:offline"), leaf("tool:join")],
};

const stage3 = [
  withEsbuild("esbuild stage 3", false),
  withEsbuild("esbuild stage 3 minified", false, true),
  withTsc("tsc stage 3", false),
];
const legacy = [withEsbuild("esbuild legacy", true), withTsc("tsc legacy", true)];

describe("decorated methods", () => {
  it.each([...stage3, ...legacy])("make the same tree, compiled by $name", async (compiler) => {
    expect(await output(compiler, "methods")).toEqual({
      result: {
        said: "HIHI!",
        loud: "HI-LOUDHI-LOUD!!!",
        read: "XY",
        picked: "a",
        sync: false,
        label: "agent 1",
        symbol: "symbol",
        numbers: [0, 1, 2],
        names: ["run", 1, "create"],
      },
      tree: [
        {
          name: "learn",
          children: [
            trained,
            trained,
            leaf("step:create"),
            leaf("step:numbers"),
            leaf("step:pick"),
            {
              name: "step:read",
              children: [{ name: "llm:stream", children: [leaf("llm:offline"), leaf("llm:offline")] }],
            },
            leaf("step:secret"),
          ],
        },
      ],
    });
  });

  it.each(stage3)(
    "may be private, and nothing else may be decorated, compiled by $name",
    async (compiler) => {
      const refused = "TypeError: tracedSpan takes methods and functions, not the";
      expect(await output(compiler, "private-methods")).toEqual({
        result: {
          said: "close own",
          getter: `${refused} getter "size".`,
          field: `${refused} field "size".`,
          accessor: `${refused} accessor "size".`,
          class: expect.stringMatching(`${refused} class`),
        },
        tree: [
          {
            name: "learn",
            children: [{ name: "agent:strategist", children: [leaf("step:#think"), leaf("tool:check")] }],
          },
        ],
      });
    },
  );
});

describe("wrapped functions", () => {
  it.each([withEsbuild("esbuild", false), withTsc("tsc", false)])(
    "make the same tree, compiled by $name",
    async (compiler) => {
      const twice = { name: "step:twice", children: [leaf("tool:add")] };
      expect(await output(compiler, "wrappers")).toEqual({
        result: { sum: 3, counted: [4, 2], evens: [0, 2] },
        tree: [
          {
            name: "learn",
            children: [
              { name: "step:countdown", children: [twice, twice] },
              { name: "step:evenNumbers", children: [leaf("tool:add"), leaf("tool:add")] },
              leaf("tool:add"),
            ],
          },
        ],
      });
    },
  );
});
