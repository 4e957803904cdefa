import { cpSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAgents } from "../../src/agents/index.ts";
import { createOpenRouterModel } from "../../src/llm/openrouter-model.ts";
import { loadPipelines, PIPELINE_NAMES, PipelineError } from "../../src/pipelines/index.ts";
import { plays } from "../support/exercise.ts";
import { MemoryNotes } from "../support/memory-notes.ts";

const shipped = fileURLToPath(new URL("../../data/pipelines", import.meta.url));
const agents = createAgents({
  model: createOpenRouterModel({ apiKey: "k", model: "m" }),
  plays,
  notes: new MemoryNotes({}),
});

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "pipelines-"));
  cpSync(shipped, directory, { recursive: true });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function mistakes(): readonly string[] {
  try {
    loadPipelines(directory, agents);
    return [];
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    expect(error.message).toBe(
      `The pipelines have ${error.mistakes.length} mistake(s):\n${error.mistakes.join("\n")}`,
    );
    return error.mistakes.map((mistake) => mistake.replaceAll(`${directory}/`, ""));
  }
}

function edit(file: string, ...changes: [from: string, to: string][]): void {
  const path = join(directory, file);
  let text = readFileSync(path, "utf8");
  for (const [from, to] of changes) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  writeFileSync(path, text);
}

describe("the pipelines of the bot", () => {
  it("are without mistakes, and all there", () => {
    const pipelines = loadPipelines(shipped, agents);
    expect([...pipelines.keys()]).toEqual([...PIPELINE_NAMES]);
  });

  it("run signals and playbook together, then the strategist, then the memory in the background", () => {
    const stages = loadPipelines(shipped, agents).get("support")?.stages;
    expect(stages?.map(({ mode, steps }) => [mode, ...steps.map(({ agent }) => agent)])).toEqual([
      ["parallel", "signals", "playbook"],
      ["sequential", "strategist"],
      ["background", "memory"],
    ]);
  });
});

describe("loading pipelines tells, with its place,", () => {
  it("an unknown agent", () => {
    edit("learn.yaml", ["agent: trainer", "agent: trainr"]);
    expect(mistakes()[0]).toBe(
      'learn.yaml:4:12: the agent "trainr" is not known; accepted are trainer, signals, playbook, strategist, memory',
    );
  });

  it("an unknown mode", () => {
    edit("learn.yaml", ["mode: sequential", "mode: serial"]);
    expect(mistakes()).toEqual([
      'learn.yaml:5:11: steps[0].mode is "serial"; accepted is one of sequential, parallel, background',
    ]);
  });

  it("an input that the agent does not take", () => {
    edit("support.yaml", ["plays: playbook", "playz: playbook"]);
    expect(mistakes()).toEqual([
      'support.yaml:17:7: "strategist" takes no playz; accepted are deal, signals, plays, notes, previous, wish',
    ]);
  });

  it("an input that the agent needs", () => {
    edit("learn.yaml", ["      answer: input.answer\n", ""]);
    expect(mistakes()).toEqual([
      'learn.yaml:6:5: "trainer" needs answer, which has no mapping; accepted are exercise, answer, notes',
    ]);
  });

  it("an input that the pipeline does not have", () => {
    edit("learn.yaml", ["answer: input.answer", "answer: input.reply"]);
    expect(mistakes()).toEqual(['learn.yaml:8:15: "input" has no reply; accepted: exercise, answer, notes']);
  });

  it("a part that an answer does not have", () => {
    edit("learn.yaml", ["score: trainer.score", "score: trainer.points"]);
    expect(mistakes()).toEqual([
      'learn.yaml:16:16: "trainer" has no points; accepted: score, grades, strengths, improvements, modelAnswer',
    ]);
  });

  it("a part of what has none", () => {
    edit("learn.yaml", ["answer: input.answer", "answer: input.answer.text"]);
    expect(mistakes()).toEqual([
      'learn.yaml:8:15: "input.answer" has no text; accepted: input.answer as a whole',
    ]);
  });

  it("a reference to no step", () => {
    edit("support.yaml", ["signals: signals", "signals: signal"]);
    expect(mistakes()).toEqual([
      'support.yaml:16:16: "signal" is no step of this pipeline; accepted here are input, signals, playbook',
    ]);
  });

  it("a reference to a later step, and to one beside it", () => {
    edit(
      "support.yaml",
      ["deal: input.deal", "deal: strategist.strategy"],
      ["deal: input.deal", "deal: signals.stage"],
    );
    expect(mistakes()).toEqual([
      'support.yaml:7:13: "strategist" has not ended when this begins; accepted here are input',
      'support.yaml:11:13: "signals" has not ended when this begins; accepted here are input',
    ]);
  });

  it("a reference to a step in the background", () => {
    edit("train.yaml", ["output: trainer", "output: memory"]);
    expect(mistakes()).toEqual([
      'train.yaml:19:9: "memory" runs in the background, and its answer is not waited for; accepted here are input, trainer',
    ]);
  });

  it("values of another kind", () => {
    edit(
      "learn.yaml",
      ["answer: input.answer", "answer: input.notes"],
      ["output: trainer", "output: input.answer"],
    );
    expect(mistakes()).toEqual([
      'learn.yaml:8:15: answer of "trainer" would be a list, each entry a text; accepted is a text',
      'learn.yaml:19:9: the output of "learn" would be a text; accepted is a map with score, grades, strengths, improvements, modelAnswer',
    ]);
  });

  it("an output with a part missing, and none at all", () => {
    edit("support.yaml", ["output:\n  signals: signals\n", "output:\n"]);
    edit("learn.yaml", ["output: trainer", "output:"]);
    expect(mistakes()).toEqual([
      "learn.yaml:19:8: output is missing; accepted is a map with score, grades, strengths, improvements, modelAnswer",
      'support.yaml:28:3: the output of "support" would be a map with strategy; accepted is a map with signals, strategy',
    ]);
  });

  it("what is no reference", () => {
    edit(
      "learn.yaml",
      ["answer: input.answer", "answer: 7"],
      ["score: trainer.score", "score: trainer..score"],
    );
    expect(mistakes()).toEqual([
      "learn.yaml:8:15: this is 7; accepted is a reference such as input.answer, trainer or signals.risks, or a map of names to references",
      'learn.yaml:16:16: this is "trainer..score"; accepted is a reference such as input.answer, trainer or signals.risks, or a map of names to references',
    ]);
  });

  it("an agent with two steps", () => {
    edit("support.yaml", ["agent: playbook", "agent: signals"], ["plays: playbook", "plays: input.notes"]);
    expect(mistakes()[0]).toBe(
      'support.yaml:8:12: "signals" has a step already; accepted is one step an agent',
    );
  });

  it("unknown keys", () => {
    edit(
      "learn.yaml",
      ["description:", "timeout: 5\ndescription:"],
      ["mode: background", "mode: background\n    retries: 2"],
    );
    expect(mistakes()).toEqual([
      "learn.yaml:2:1: timeout is not known here; accepted are name, description, steps, output",
      "learn.yaml:13:5: steps[1].retries is not known here; accepted are agent, mode, input_mapping",
    ]);
  });

  it("a name that is not the file's", () => {
    edit("train.yaml", ["name: train", "name: learn"]);
    expect(mistakes()).toEqual(['train.yaml:1:7: name is "learn"; accepted is train, as the file is called']);
  });

  it("a pipeline that is missing, and a file that is none", () => {
    unlinkSync(join(directory, "train.yaml"));
    writeFileSync(join(directory, "trian.yaml"), "name: trian\n");
    expect(mistakes()).toEqual([
      "train.yaml:1:1: there is no such file; a YAML file is expected here",
      "trian.yaml:1:1: no pipeline is called so; accepted are learn.yaml, train.yaml, support.yaml, support_regen.yaml",
    ]);
  });

  it("a file that is no YAML", () => {
    writeFileSync(join(directory, "train.yaml"), "name: [train\n");
    expect(mistakes()[0]).toMatch(/^train\.yaml:\d+:\d+: this is not YAML/);
  });

  it.each(["", "- just\n- a list\n", "steps: 5\n", "steps: [1, null, {agent: 4}]\n"])(
    "a document like %j",
    (text) => {
      writeFileSync(join(directory, "train.yaml"), text);
      expect(mistakes().length).toBeGreaterThan(0);
      for (const mistake of mistakes()) expect(mistake).toMatch(/^train\.yaml:\d+:\d+: /);
    },
  );

  it("all mistakes of all files at once, in the order of each file", () => {
    edit("learn.yaml", ["agent: trainer", "agent: coach"], ["mode: background", "mode: later"]);
    edit(
      "support.yaml",
      ["signals: signals", "signals: memory"],
      ["notes: input.notes", "notes: input.note"],
    );
    expect(mistakes().map((mistake) => mistake.split(": ")[0])).toEqual([
      "learn.yaml:4:12",
      "learn.yaml:11:11",
      "learn.yaml:16:16",
      "learn.yaml:17:20",
      "learn.yaml:18:23",
      "learn.yaml:19:9",
      "support.yaml:16:16",
      "support.yaml:18:14",
    ]);
  });

  it("a directory that is not there, as each file that is missing", () => {
    rmSync(directory, { recursive: true });
    const found = mistakes();
    expect(found.map((mistake) => mistake.split(":")[0])).toEqual(
      PIPELINE_NAMES.map((name) => `${name}.yaml`),
    );
  });
});
