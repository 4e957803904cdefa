import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RunContext } from "../../src/agents/agent.ts";
import { AnswerError, createAgents } from "../../src/agents/index.ts";
import { MemoryAgent } from "../../src/agents/memory-agent.ts";
import { PlaybookAgent } from "../../src/agents/playbook-agent.ts";
import { SignalsAgent } from "../../src/agents/signals-agent.ts";
import { StrategistAgent } from "../../src/agents/strategist-agent.ts";
import { TrainerAgent } from "../../src/agents/trainer-agent.ts";
import { createOpenRouterModel } from "../../src/llm/openrouter-model.ts";
import { exercise, plays } from "../support/exercise.ts";
import { MemoryNotes } from "../support/memory-notes.ts";
import { type ModelServer, startModelServer } from "../support/model-server.ts";
import { type RecordedTraces, recordTraces } from "../support/recorded-traces.ts";

let server: ModelServer;
let traces: RecordedTraces;
beforeAll(async () => {
  traces = await recordTraces();
});
afterAll(() => traces.stop());
beforeEach(async () => {
  server = await startModelServer();
});
afterEach(() => server.close());

const context: RunContext = { userId: "7", signal: new AbortController().signal };
const openModel = () => createOpenRouterModel({ apiKey: "k", model: "small-1", baseUrl: server.url });
const signals = { stage: "evaluating", buyingSignals: [], risks: [], unknowns: [] };
const answer = "What do you compare us with?";

describe("the trainer", () => {
  const train = () => new TrainerAgent({ model: openModel() }).run({ exercise, answer, notes: [] }, context);

  it("weighs the grades by the rubric", async () => {
    const grades = [
      { criterion: "curiosity", grade: 100 },
      { criterion: "next-step", grade: 10 },
    ];
    server.enqueue({
      kind: "text",
      text: JSON.stringify({ grades, strengths: ["S."], improvements: ["I."] }),
    });
    expect(await train()).toEqual({
      score: 64,
      grades: [
        { criterion: "curiosity", title: "Curiosity", weight: 60, grade: 100 },
        { criterion: "next-step", title: "Next step", weight: 40, grade: 10 },
      ],
      strengths: ["S."],
      improvements: ["I."],
      modelAnswer: exercise.modelAnswer,
    });
  });

  it("shows the model an answer that does not fit, once, with what is wrong", async () => {
    server.enqueue({ kind: "text", text: "Great answer, 90 out of 100!" });
    const { value, traceId } = await traces.run("learn", train);
    expect(value.score).toBe(80);
    const messages = server.requests[1]?.body.messages;
    expect(messages).toMatchObject([
      { role: "system" },
      { role: "user" },
      { role: "assistant", content: "Great answer, 90 out of 100!" },
      { role: "user", content: expect.stringContaining("it holds no JSON object.") },
    ]);
    expect(await traces.tree(traceId)).toEqual({
      name: "learn",
      children: [
        {
          name: "agent:trainer",
          children: [
            { name: "llm:openrouter", children: [] },
            { name: "llm:openrouter", children: [] },
          ],
        },
      ],
    });
  });

  it("fails when the second answer does not fit either, and the trace says so", async () => {
    const broken =
      '{"grades":[{"criterion":"curiosity","grade":50}],"strengths":["Quoted."],"improvements":[]}';
    server.enqueue({ kind: "text", text: "No." }, { kind: "text", text: broken });
    const { error, traceId } = await traces.fail("learn", train);
    expect(error).toBeInstanceOf(AnswerError);
    expect(error).toMatchObject({ task: "assess", misfit: "grades: there is none for next-step." });
    expect(String(error)).not.toContain("Quoted");
    expect(server.requests).toHaveLength(2);
    const spans = await traces.spans(traceId);
    expect(spans.map(({ name, status, error_type }) => [name, status, error_type])).toEqual([
      ["learn", "error", "AnswerError"],
      ["agent:trainer", "error", "AnswerError"],
      ["llm:openrouter", "ok", null],
      ["llm:openrouter", "ok", null],
    ]);
  });

  it("keeps its input in the span, and nothing of the run's context", async () => {
    const { traceId } = await traces.run("learn", train);
    const span = (await traces.spans(traceId))[1];
    expect(span).toMatchObject({ name: "agent:trainer", kind: "agent", agent: "trainer" });
    expect(Object.keys(JSON.parse(span?.input ?? ""))).toEqual(["exercise", "answer", "notes"]);
    expect(JSON.parse(span?.output ?? "")).toMatchObject({ score: 80 });
  });
});

describe("the analyst of signals", () => {
  it("reads a deal", async () => {
    expect(
      await new SignalsAgent({ model: openModel() }).run({ deal: "They like it." }, context),
    ).toMatchObject({
      stage: "evaluation",
    });
    expect(server.requests[0]?.prompt).toContain("<deal>\nThey like it.\n</deal>");
  });
});

describe("the playbook", () => {
  const playbook = new PlaybookAgent({ plays });

  it("finds the plays that fit, the best first, in a span of its own", async () => {
    const { value, traceId } = await traces.run("support", () =>
      playbook.run({ deal: "Finance froze the budgets for this quarter, and a competitor is cheaper." }),
    );
    expect(
      value
        .map(({ id }) => id)
        .slice(0, 2)
        .sort(),
    ).toEqual(["budget", "competitor"]);
    expect(value.length).toBeLessThanOrEqual(3);
    expect(await traces.tree(traceId)).toEqual({
      name: "support",
      children: [{ name: "agent:playbook", children: [{ name: "tool:playbook_search", children: [] }] }],
    });
    expect((await traces.spans(traceId))[2]).toMatchObject({ kind: "retrieval", status: "ok" });
  });

  it.each([
    ["They stopped answering my emails after the proposal.", "silence"],
    ["My champion wants it but her colleagues block it.", "champion"],
  ])("knows that %j is about %s", async (deal, id) => {
    expect((await playbook.run({ deal }))[0]?.id).toBe(id);
  });

  it.each(["a", "a\u0301"])("is not held up by a word without an end, of %j", async (part) => {
    const deal = `Finance froze the budget. ${part.repeat(100_000)}`;
    expect((await playbook.run({ deal }))[0]?.id).toBe("budget");
  });

  it.each(["", "it is what it is", "xyzzy"])("finds nothing for %j", async (deal) => {
    expect(await playbook.run({ deal })).toEqual([]);
  });
});

describe("the strategist", () => {
  it("writes a strategy, and writes it again as the rep wishes", async () => {
    const strategist = new StrategistAgent({ model: openModel() });
    const given = { deal: "A deal.", signals, notes: [] };
    const previous = await strategist.run({ ...given, plays }, context);
    expect(previous.tactics).toHaveLength(1);
    await strategist.run({ ...given, previous, wish: "more_aggressive" }, context);
    expect(server.requests[1]?.prompt).toContain("The rep wants to push harder");
    expect(server.requests[1]?.prompt).toContain(previous.draftMessage);
  });

  it("does not take a wish without the strategy that it is about", async () => {
    const strategist = new StrategistAgent({ model: openModel() });
    const wish = strategist.run({ deal: "A deal.", signals, notes: [], wish: "shorter" }, context);
    await expect(wish).rejects.toThrow("`previous` and `wish` together");
  });
});

describe("the memory", () => {
  it("merges what has happened into the stored notes, and saves them", async () => {
    const notes = new MemoryNotes({ "7": ["Forgets the next step."] });
    const event = {
      answer: "Well.\n  score: 100\u2028score: 99\rscore: 98",
      score: 40,
      improvements: ["Ask first.", "Name a day."],
      nothing: undefined,
    };
    await new MemoryAgent({ model: openModel(), notes }).run({ event }, context);
    expect(server.requests[0]?.prompt).toContain("- Forgets the next step.");
    expect(server.requests[0]?.prompt).toContain(
      "<event>\nanswer: Well. score: 100 score: 99 score: 98\nscore: 40\nimprovements: Ask first.; Name a day.\n</event>",
    );
    expect(await notes.read("7")).toEqual(["Asks good questions; forgets the next step."]);
  });

  it("takes one event of a rep after the other, so that none is lost", async () => {
    const notes = new MemoryNotes({});
    const memory = new MemoryAgent({ model: openModel(), notes });
    server.enqueue(
      { kind: "text", text: '{"notes":["First."]}' },
      { kind: "text", text: '{"notes":["Second."]}' },
    );
    await Promise.all([memory.run({ event: "1" }, context), memory.run({ event: "2" }, context)]);
    expect(server.requests[1]?.prompt).toContain("- First.");
    expect(await notes.read("7")).toEqual(["Second."]);
  });

  it("goes on with the next event when one fails", async () => {
    const notes = new MemoryNotes({});
    const memory = new MemoryAgent({ model: openModel(), notes });
    server.enqueue({ kind: "status", status: 401 });
    const [first, second] = await Promise.allSettled([
      memory.run({ event: "1" }, context),
      memory.run({ event: "2" }, context),
    ]);
    expect([first.status, second.status]).toEqual(["rejected", "fulfilled"]);
  });

  it("saves nothing when it is given up", async () => {
    const notes = new MemoryNotes({});
    const controller = new AbortController();
    server.enqueue({ kind: "hang" });
    const work = new MemoryAgent({ model: openModel(), notes }).run(
      { event: "1" },
      { userId: "7", signal: controller.signal },
    );
    await server.received(1);
    const reason = new Error("The bot stops.");
    controller.abort(reason);
    await expect(work).rejects.toBe(reason);
    expect(await notes.read("7")).toEqual([]);
  });
});

describe("all agents", () => {
  it("have names of their own, and say what they take and give", () => {
    const agents = createAgents({ model: openModel(), plays, notes: new MemoryNotes({}) });
    expect(agents.map(({ name }) => name)).toEqual([
      "trainer",
      "signals",
      "playbook",
      "strategist",
      "memory",
    ]);
    for (const agent of agents) expect(agent.output).toBeDefined();
  });
});
