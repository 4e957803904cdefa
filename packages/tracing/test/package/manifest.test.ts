import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, inject, it } from "vitest";
import { codeBlocks, README, readmeSample } from "./readme.ts";

const { tarball, project } = inject("installedPackage");
const installed = join(project, "node_modules/@app/tracing");
const files = execFileSync("tar", ["tzf", tarball], { encoding: "utf8" })
  .trim()
  .split("\n")
  .map((path) => path.replace("package/", ""));
const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as Record<string, unknown>;

/** All text values in what `exports`, `bin` or a list of dependencies holds. */
function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
}

function childrenOf(node: ts.Node): ts.Node[] {
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => {
    children.push(child);
  });
  return children;
}

describe("the packed package", () => {
  it("names versions a registry knows, and no workspace", () => {
    const versions = ["dependencies", "peerDependencies", "optionalDependencies", "devDependencies"].flatMap(
      (kind) => texts(manifest[kind]),
    );
    expect(versions).not.toHaveLength(0);
    expect(versions.filter((version) => !/^(>=|~|\^)?\d+\.\d+\.\d+/.test(version))).toEqual([]);
  });

  it("has every file its manifest names", () => {
    const named = [...texts(manifest.exports), ...texts(manifest.bin)].map((path) => path.replace("./", ""));
    expect(named.filter((path) => !files.includes(path))).toEqual([]);
  });

  it("brings the migrations, the licence and what it was built to, and nothing else", () => {
    expect(files).toContain("LICENSE");
    expect(files.filter((path) => /^src\/store\/migrations\/\d{4}_\w+\.sql$/.test(path))).toHaveLength(
      globSync("src/store/migrations/*.sql", { cwd: join(import.meta.dirname, "../..") }).length,
    );
    const expected =
      /^(package\.json|LICENSE|README\.md|dist\/[\w.-]+\.(js|d\.ts)(\.map)?|src\/store\/migrations\/\w+\.sql)$/;
    expect(files.filter((path) => !expected.test(path))).toEqual([]);
  });

  it("brings a README of its own, whose sample is the one that is proved", () => {
    expect(files).toContain("README.md");
    const readme = readFileSync(join(installed, "README.md"), "utf8");
    expect(readme).toMatch(/^# @app\/tracing\n/);
    expect(codeBlocks(readme, "ts")).toEqual([readmeSample()]);
    // The command that installs it is the same, too.
    expect(codeBlocks(README, "sh")).toContain(codeBlocks(readme, "sh")[0]);
    const relative = [...readme.matchAll(/\]\((?!https:)([^)]*)\)/g)].map(([, target]) => target);
    expect(relative, "links that lead nowhere from a registry").toEqual([]);
  });

  it("has no `any` in its types, which would switch off the checks of whoever uses them", () => {
    const declarations = globSync("dist/*.d.ts", { cwd: installed });
    expect(declarations).toContain("dist/index.d.ts");
    const found = declarations.flatMap((path) => {
      const text = readFileSync(join(installed, path), "utf8");
      const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
      const anyIn = (node: ts.Node): ts.Node[] =>
        node.kind === ts.SyntaxKind.AnyKeyword ? [node] : childrenOf(node).flatMap(anyIn);
      return anyIn(source).map((node) => `${path}: ${text.slice(node.pos - 60, node.end)}`);
    });
    expect(found).toEqual([]);
  });

  it("can be had with an OpenTelemetry API of its user's", () => {
    expect(manifest.peerDependencies).toMatchObject({ "@opentelemetry/api": "^1.9.0" });
    expect(Object.keys(manifest.peerDependenciesMeta as object)).not.toContain("@opentelemetry/api");
    expect(globSync("node_modules/**/@opentelemetry/api/package.json", { cwd: project })).toHaveLength(1);
  });
});
