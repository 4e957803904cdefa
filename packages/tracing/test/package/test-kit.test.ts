import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { commandEnv, run } from "./commands.ts";
import { Project } from "./installed-project.ts";
import { codeBlocks, DOCUMENTS } from "./readme.ts";

const document = DOCUMENTS.find(({ name }) => name === "testing")?.text ?? "";

/** Each program of the document, by the name that its first line says. */
const programs = new Map(
  codeBlocks(document, "js").map((code): [string, string] => [/^\/\/ (\S+)\n/.exec(code)?.[1] ?? "", code]),
);

let project: Project;
beforeAll(() => {
  project = Project.create();
  project.setType("module");
  for (const [name, code] of programs) project.write(name, code);
});

const test = (name: string) => project.node("--test", "--test-reporter=spec", name);

/** Lines as a reader sees them, whatever how long it took. */
const plain = (text: string) =>
  text
    .replace(/ \([\d.]+ms\)/g, "")
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");

it("docs/testing.md: the example for node:test passes on the packed library", async () => {
  const { exitCode, stdout } = await test("coach.test.js");
  expect(stdout).toContain("✔ says which call of the model failed");
  expect(exitCode).toBe(0);
}, 60_000);

it("docs/testing.md: the failures are printed as it says", async () => {
  const { exitCode, stdout } = await test("forgetful.test.js");
  expect(exitCode).toBe(1);
  const printed = codeBlocks(document, "text").flatMap((block) => plain(block).trim().split(/\n…\n/));
  expect(printed).toHaveLength(2);
  for (const failure of printed) expect(plain(stdout)).toContain(failure);
}, 60_000);

it("docs/testing.md: the exporter it makes keeps the contract", async () => {
  const { exitCode, stdout } = await test("file-exporter.test.js");
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining("the exporter contract: a file")]);
}, 60_000);

it("docs/testing.md: the example for Vitest passes on the built library, and fails with a difference", async () => {
  // In the package, whose own name and Vitest can be imported there.
  const results = fileURLToPath(new URL("../../.test-results/", import.meta.url));
  mkdirSync(results, { recursive: true });
  const dir = mkdtempSync(join(results, "vitest-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, code] of programs) writeFileSync(join(dir, name), code);
  const forgetful = programs.get("forgetful.test.js")?.replace('"node:test"', '"vitest"') ?? "";
  writeFileSync(join(dir, "forgetful.vitest.js"), forgetful);
  writeFileSync(join(dir, "vitest.config.js"), 'export default { test: { include: ["*.vitest.js"] } };');
  const vitest = join(createRequire(import.meta.url).resolve("vitest/package.json"), "../vitest.mjs");
  const env = { ...commandEnv(dir), NO_COLOR: "1" };
  const { stdout, stderr } = await run(process.execPath, [vitest, "run"], { cwd: dir, env });
  expect(stdout).toContain("✓ coach.vitest.js");
  const [difference = "missing"] = /^- Expected\n[\s\S]*?(?=\n```$)/m.exec(document) ?? [];
  expect(plain(stderr)).toContain(difference);
}, 60_000);
