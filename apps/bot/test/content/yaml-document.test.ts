import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseYamlDocument, readYamlDocument } from "../../src/content/yaml-document.ts";

const TEXT = `name: learn
steps:
  - agent: trainer
    mode: sequential
  - agent: memory
    input_mapping:
      event: "{{ input.answer }}"
empty:
text: |
  first
  second
`;

describe("a YAML document", () => {
  const document = parseYamlDocument("learn.yaml", TEXT);

  it("gives its value", () => {
    expect(document.problems).toEqual([]);
    expect(document.value).toEqual({
      name: "learn",
      steps: [
        { agent: "trainer", mode: "sequential" },
        { agent: "memory", input_mapping: { event: "{{ input.answer }}" } },
      ],
      empty: null,
      text: "first\nsecond\n",
    });
  });

  it("knows where each value starts, and each key", () => {
    expect(document.positionOf([])).toEqual({ line: 1, column: 1 });
    expect(document.positionOf(["name"])).toEqual({ line: 1, column: 7 });
    expect(document.positionOf(["steps", 1, "agent"])).toEqual({ line: 5, column: 12 });
    expect(document.positionOf(["steps", 1, "input_mapping", "event"])).toEqual({ line: 7, column: 14 });
    expect(document.positionOf(["steps", 1, "input_mapping", "event"], "key")).toEqual({
      line: 7,
      column: 7,
    });
    expect(document.positionOf(["text"])).toEqual({ line: 9, column: 7 });
  });

  it("places what is missing at the innermost part that is there", () => {
    expect(document.positionOf(["steps", 0, "input_mapping"])).toEqual({ line: 3, column: 5 });
    expect(document.positionOf(["steps", 7, "agent"])).toEqual({ line: 3, column: 3 });
    expect(document.positionOf(["nowhere", 0])).toEqual({ line: 1, column: 1 });
    expect(document.positionOf(["empty"])).toEqual({ line: 8, column: 7 });
  });

  it("puts the place before a message", () => {
    expect(document.at(["steps", 0, "mode"], "no such mode")).toBe("learn.yaml:4:11: no such mode");
  });

  it.each([
    ["a missing bracket", "a: [1, 2", /^bad\.yaml:1:\d+: this is not YAML/],
    ["a key twice", "a: 1\nb: 2\na: 3\n", /^bad\.yaml:3:1: /],
    ["a tab for indentation", "a:\n\tb: 1\n", /^bad\.yaml:2:\d+: /],
    ["a second document", "a: 1\n---\nb: 1\n", /^bad\.yaml:2:1: /],
    ["an unknown alias", "a: *nobody\n", /^bad\.yaml:1:\d+: /],
    ["an unknown tag", "a: !secret b\n", /^bad\.yaml:1:\d+: /],
  ])("reports %s with its place instead of a value", (_what, text, expected) => {
    const broken = parseYamlDocument("bad.yaml", text);
    expect(broken.value).toBeUndefined();
    expect(broken.problems.length).toBeGreaterThan(0);
    expect(broken.problems[0]).toMatch(expected);
  });

  it("stands at its start when it is empty", () => {
    const empty = parseYamlDocument("empty.yaml", "");
    expect(empty.value).toBeNull();
    expect(empty.positionOf(["name"])).toEqual({ line: 1, column: 1 });
  });
});

describe("reading a file", () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "yaml-document-"));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("reads what the file holds", () => {
    const file = join(directory, "a.yaml");
    writeFileSync(file, "a: 1\n");
    expect(readYamlDocument(file)).toMatchObject({ file, value: { a: 1 }, problems: [] });
  });

  it("reports a file that is not there, and a directory", () => {
    const missing = join(directory, "missing.yaml");
    expect(readYamlDocument(missing).problems).toEqual([
      `${missing}:1:1: there is no such file; a YAML file is expected here`,
    ]);
    expect(readYamlDocument(directory).problems[0]).toMatch(/:1:1: this is a directory/);
  });
});
