import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ContentError, DIFFICULTIES, loadContent } from "../../src/content/index.ts";

const DATA = fileURLToPath(new URL("../../data", import.meta.url));

describe("the content that the bot ships with", () => {
  const content = loadContent(DATA);

  it("has two tracks of four levels or more, fifteen scenarios or more, and a playbook", () => {
    expect(content.tracks.length).toBeGreaterThanOrEqual(2);
    for (const { levels } of content.tracks) expect(levels.length).toBeGreaterThanOrEqual(4);
    expect(content.scenarios.length).toBeGreaterThanOrEqual(15);
    for (const difficulty of DIFFICULTIES) {
      expect(
        content.scenarios.filter((scenario) => scenario.difficulty === difficulty).length,
      ).toBeGreaterThanOrEqual(4);
    }
    expect(content.plays.length).toBeGreaterThanOrEqual(14);
  });

  it("has lessons that take a minute or two", () => {
    for (const { lesson } of content.tracks.flatMap(({ levels }) => levels)) {
      const words = lesson.split(/\s+/).length;
      expect(words).toBeGreaterThanOrEqual(150);
      expect(words).toBeLessThanOrEqual(250);
      expect(lesson).toContain("\n\n");
    }
  });

  it("has ids that fit into the data of a button", () => {
    const ids = [
      ...content.tracks.flatMap(({ id, levels }) => [
        id,
        ...levels.flatMap((level) => [level.id, level.exercise.id]),
      ]),
      ...content.scenarios.map(({ exercise }) => exercise.id),
    ];
    for (const id of ids) expect(id.length).toBeLessThanOrEqual(24);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("content with mistakes", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "content-"));
    cpSync(DATA, directory, { recursive: true });
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const path = (file: string) => join(directory, file);
  const edit = (file: string, from: string | RegExp, to: string) => {
    const before = readFileSync(path(file), "utf8");
    const after = before.replace(from, to);
    expect(after).not.toBe(before);
    writeFileSync(path(file), after);
  };
  const lineOf = (file: string, text: string) =>
    readFileSync(path(file), "utf8")
      .split("\n")
      .findIndex((line) => line.includes(text)) + 1;
  const mistakes = (): readonly string[] => {
    try {
      loadContent(directory);
    } catch (error) {
      if (error instanceof ContentError) {
        for (const mistake of error.mistakes) expect(error.message).toContain(mistake);
        return error.mistakes;
      }
      throw error;
    }
    return [];
  };

  it("is reported with file, line and column, all files at once", () => {
    edit("tracks/closing.yaml", "summary:", "sumary:");
    edit("scenarios/easy.yaml", "difficulty: easy", "difficulty: simple");
    edit("playbook.yaml", /moves:\n {6}- .*\n/, "moves:\n      - 7\n");
    expect(mistakes()).toEqual([
      `${path("tracks/closing.yaml")}:1:1: summary is missing; accepted is a text`,
      `${path("tracks/closing.yaml")}:3:1: sumary is not known here; accepted are id, title, summary, levels`,
      `${path("scenarios/easy.yaml")}:2:13: difficulty is "simple"; accepted is one of easy, medium, hard`,
      expect.stringMatching(/playbook\.yaml:6:9: plays\[0\]\.moves\[0\] is 7; accepted is a text$/),
    ]);
  });

  it("includes weights that do not add up to 100", () => {
    edit("scenarios/hard.yaml", "weight: 25", "weight: 24");
    const line = lineOf("scenarios/hard.yaml", "- id: reset");
    expect(mistakes()).toEqual([
      `${path("scenarios/hard.yaml")}:${line}:7: the weights of "hard-champion-left" add up to 99; accepted is 100`,
    ]);
  });

  it("includes an id that is taken, and says by what", () => {
    edit("scenarios/medium.yaml", "id: med-no-budget", "id: easy-send-email");
    const line = lineOf("scenarios/medium.yaml", "- id: easy-send-email");
    const taken = lineOf("scenarios/easy.yaml", "- id: easy-send-email");
    expect(mistakes()).toEqual([
      `${path("scenarios/medium.yaml")}:${line}:9: the exercise id "easy-send-email" is taken by ${path("scenarios/easy.yaml")}:${taken}:9; an id of its own is accepted`,
    ]);
  });

  it("includes a criterion that stands twice in a rubric", () => {
    edit("tracks/discovery.yaml", "- id: her-words", "- id: story");
    expect(mistakes()).toEqual([
      expect.stringMatching(/discovery\.yaml:\d+:15: the criterion id "story" is taken by /),
    ]);
  });

  it("includes ids that are too long or badly written", () => {
    edit("scenarios/easy.yaml", "id: easy-gatekeeper", "id: Easy Gatekeeper");
    edit("scenarios/easy.yaml", "id: easy-send-email", "id: easy-send-me-an-email-please");
    expect(mistakes()).toEqual([
      expect.stringContaining('id is "easy-send-me-an-email-please"; accepted is 24 characters at most'),
      expect.stringContaining('id is "Easy Gatekeeper"; accepted is lower-case words joined by hyphens'),
    ]);
  });

  it("includes a weight and an evidence that cannot be", () => {
    edit("tracks/closing.yaml", "weight: 20", "weight: 0");
    edit("tracks/discovery.yaml", "weight: 30", "weight: heavy");
    expect(mistakes()).toEqual([
      expect.stringMatching(
        /closing\.yaml:\d+:\d+: levels\[0\]\.exercise\.rubric\[0\]\.weight is 0; accepted is 1 or more$/,
      ),
      expect.stringMatching(
        /discovery\.yaml:\d+:\d+: levels\[0\]\.exercise\.rubric\[0\]\.weight is "heavy"; accepted is a number$/,
      ),
    ]);
  });

  it("includes a track that is too short", () => {
    edit("tracks/closing.yaml", / {2}- id: close-trade[\s\S]*$/, "");
    expect(mistakes()).toEqual([
      expect.stringMatching(
        /closing\.yaml:\d+:3: levels is a list of 3 entries; accepted is 4 entries or more$/,
      ),
    ]);
  });

  it("includes text that is no YAML", () => {
    writeFileSync(path("tracks/closing.yaml"), "id: [closing\n");
    writeFileSync(path("playbook.yaml"), "plays:\n\t- id: x\n");
    const found = mistakes();
    expect(found.some((mistake) => /closing\.yaml:\d+:\d+: this is not YAML/.test(mistake))).toBe(true);
    expect(found.some((mistake) => /playbook\.yaml:2:\d+: this is not YAML/.test(mistake))).toBe(true);
  });

  it("includes files and directories that are not there", () => {
    rmSync(path("playbook.yaml"));
    rmSync(path("scenarios"), { recursive: true });
    expect(mistakes()).toEqual([
      `${path("scenarios")}:1:1: the directory is not there; a directory of YAML files is expected here`,
      `${path("playbook.yaml")}:1:1: there is no such file; a YAML file is expected here`,
    ]);
  });

  it("includes counts that are too small", () => {
    rmSync(path("tracks/closing.yaml"));
    rmSync(path("scenarios/hard.yaml"));
    const count = readdirSync(path("scenarios")).length;
    expect(count).toBe(2);
    expect(mistakes()).toEqual([
      `${path("tracks")}:1:1: there are 1 tracks; 2 or more are accepted`,
      `${path("scenarios")}:1:1: there are 11 scenarios; 15 or more are accepted`,
      `${path("scenarios")}:1:1: there is no scenario that is hard; 1 or more are accepted`,
    ]);
  });

  it("includes an empty file", () => {
    writeFileSync(path("playbook.yaml"), "");
    expect(mistakes()).toEqual([
      `${path("playbook.yaml")}:1:1: the document is empty; accepted is a map of keys and values`,
    ]);
  });
});
