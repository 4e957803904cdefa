import { readFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";
import { beforeAll, describe, expect, inject, it } from "vitest";
import type { TraceDetail } from "../../src/store/trace-repo.ts";
import { npmEnv, npmInstall, output } from "./commands.ts";
import { Project, toStoredTree } from "./installed-project.ts";
import { readmeSample } from "./readme.ts";

const { engines } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  engines: { node: string };
};
const oldest = `${engines.node.replace(">=", "")}.0`;

describe(`on Node ${oldest}, the oldest that is supported,`, () => {
  let project: Project;
  beforeAll(async () => {
    const { root, npm } = inject("installedPackage");
    const dir = join(root, "oldest-node");
    await npmInstall(dir, ["--ignore-scripts", `node@${oldest}`], npm);
    // npm may refuse to run scripts; this one fetches the program for the platform.
    const cwd = join(dir, "node_modules/node");
    await output(process.execPath, ["installArchSpecificPackage"], { cwd, env: npmEnv(npm) });
    project = Project.create({ node: join(cwd, "bin/node") });
    project.write("sample.mjs", (await transform(readmeSample(), { loader: "ts" })).code);
  }, 120_000);

  it("the sample runs without a word too much", async () => {
    expect(await project.nodeOutput("-p", "process.versions.node")).toBe(`${oldest}\n`);
    const { exitCode, stdout, stderr } = await project.node("sample.mjs");
    expect([exitCode, stderr]).toEqual([
      0,
      expect.stringMatching(/^\[tracing\] No store is configured.*\n$/),
    ]);
    expect(stdout).toContain("llm:openai");
  }, 60_000);

  it("the command line reads it", async () => {
    const shown = await project.node("node_modules/.bin/tracing", "show", "latest", "--json");
    expect([shown.exitCode, shown.stderr]).toEqual([0, ""]);
    expect(toStoredTree(JSON.parse(shown.stdout) as TraceDetail)).toEqual([
      { name: "learn", children: [{ name: "llm:openai", children: [] }] },
    ]);
  }, 60_000);

  it("CommonJS may require it", async () => {
    project.write("require.cjs", `console.log(typeof require("@app/tracing").startTracing);`);
    expect((await project.node("require.cjs")).stdout).toBe("function\n");
  });
});
