import { fileURLToPath } from "node:url";
import { TraceContext } from "@app/tracing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createAgents } from "../../src/agents/index.ts";
import type { CoachTask } from "../../src/coaching/task.ts";
import { createModel } from "../../src/llm/create-model.ts";
import type { LanguageModel } from "../../src/llm/language-model.ts";
import { type BackgroundStep, loadPipelines, PipelineRunner } from "../../src/pipelines/index.ts";
import { exercise, plays } from "../support/exercise.ts";
import { MemoryNotes } from "../support/memory-notes.ts";
import { type ModelServer, startModelServer } from "../support/model-server.ts";
import { type RecordedTraces, recordTraces, type SpanTree } from "../support/recorded-traces.ts";

const directory = fileURLToPath(new URL("../../data/pipelines", import.meta.url));
const answer = "Help me understand what you compare us with. Shall we go through it on Monday?";
const deal = "They love it, but finance froze the budget and a competitor is cheaper.";

let server: ModelServer;
let traces: RecordedTraces;
let notes: MemoryNotes;
let failures: { error: unknown; step: BackgroundStep }[];
beforeAll(async () => {
  traces = await recordTraces();
});
afterAll(() => traces.stop());
beforeEach(async () => {
  server = await startModelServer();
  notes = new MemoryNotes({});
  failures = [];
});
afterEach(() => server.close());

const openModel = () =>
  createModel(
    { provider: "openrouter", apiKey: "k", model: "small-1", baseUrl: server.url, timeoutMs: 5_000 },
    { baseDelayMs: 1 },
  );

async function openRunner(model?: LanguageModel): Promise<PipelineRunner> {
  const agents = createAgents({ model: model ?? (await openModel()), plays, notes });
  return new PipelineRunner({
    pipelines: loadPipelines(directory, agents),
    agents,
    onBackgroundError: (error, step) => failures.push({ error, step }),
  });
}

const never = new AbortController().signal;
const options = { userId: "7", signal: never };
const leaf = (name: string): SpanTree => ({ name, children: [] });
const llm = leaf("llm:openrouter");

describe("the pipeline runner", () => {
  it.each(["learn", "train"] as const)(
    "runs %s: the trainer, then the memory after the reply",
    async (name) => {
      const runner = await openRunner();
      const { promise: held, resolve: release } = Promise.withResolvers<void>();
      server.enqueue({ kind: "text", task: "memory", after: held });
      const steps: string[] = [];
      const { value, traceId } = await traces.run(name, () =>
        runner.run(
          name,
          { exercise, answer, notes: [] },
          { ...options, onStep: (agent) => steps.push(agent) },
        ),
      );
      expect(value.output).toMatchObject({ score: 80, modelAnswer: exercise.modelAnswer });
      expect(await notes.read("7")).toEqual([]);
      release();
      await value.background;
      expect(await notes.read("7")).toHaveLength(1);
      expect(steps).toEqual(["trainer"]);
      expect(failures).toEqual([]);
      expect(await traces.tree(traceId)).toEqual({
        name,
        children: [
          { name: "agent:trainer", children: [llm] },
          { name: "agent:memory", children: [llm] },
        ],
      });
      const [root, ...rest] = await traces.spans(traceId);
      const memory = rest.find((span) => span.name === "agent:memory");
      expect(String(memory?.end) > String(root?.end)).toBe(true);
    },
  );

  it("runs support: signals and playbook together, then the strategist, then the memory", async () => {
    const runner = await openRunner();
    const { value, traceId } = await traces.run("support", () =>
      runner.run("support", { deal, notes: ["N."] }, options),
    );
    await value.background;
    expect(value.output).toMatchObject({
      signals: { stage: "evaluation" },
      strategy: { tactics: [expect.any(String)] },
    });
    expect(await traces.tree(traceId)).toEqual({
      name: "support",
      children: [
        { name: "agent:signals", children: [llm] },
        { name: "agent:playbook", children: [leaf("tool:playbook_search")] },
        { name: "agent:strategist", children: [llm] },
        { name: "agent:memory", children: [llm] },
      ],
    });
    const [signals, playbook] = (await traces.spans(traceId)).filter((span) =>
      /signals|playbook$/.test(span.name),
    );
    expect(String(playbook?.start) < String(signals?.end)).toBe(true);
    const strategy = server.requests.find(({ task }) => task === "strategy");
    expect(strategy?.prompt).toContain("Stage: evaluation");
    expect(strategy?.prompt).toContain("Find the budget");
    expect(server.requests.find(({ task }) => task === "memory")?.prompt).toContain("stage: evaluation");
  });

  it("begins what goes on in the background when it is told to, and keeps it in the trace", async () => {
    const runner = await openRunner();
    const replied = Promise.withResolvers<void>();
    const { value, traceId } = await traces.run("learn", () =>
      runner.run("learn", { exercise, answer, notes: [] }, { ...options, backgroundAfter: replied.promise }),
    );
    expect(server.requests.map(({ task }) => task)).toEqual(["assess"]);
    replied.resolve();
    await value.background;
    expect(server.requests.map(({ task }) => task)).toEqual(["assess", "memory"]);
    expect((await traces.tree(traceId))?.children).toContainEqual({ name: "agent:memory", children: [llm] });
  });

  it("runs support_regen on what is known", async () => {
    const runner = await openRunner();
    const { output } = await runner.run("support", { deal, notes: [] }, options);
    const { signals, strategy: previous } = output;
    const { value, traceId } = await traces.run("support_regen", () =>
      runner.run("support_regen", { deal, signals, previous, wish: "more_aggressive", notes: [] }, options),
    );
    await value.background;
    expect(value.output.signals).toEqual(signals);
    expect(value.output.strategy).not.toEqual(previous);
    expect(await traces.tree(traceId)).toEqual({
      name: "support_regen",
      children: [
        { name: "agent:playbook", children: [leaf("tool:playbook_search")] },
        { name: "agent:strategist", children: [llm] },
        { name: "agent:memory", children: [llm] },
      ],
    });
  });

  it("runs every pipeline with the offline coach, which needs no network", async () => {
    const runner = await openRunner(await createModel({ provider: "offline" }));
    const coach = leaf("llm:offline");
    const learn = await traces.run("learn", () =>
      runner.run("learn", { exercise, answer, notes: [] }, options),
    );
    await learn.value.background;
    expect(learn.value.output.score).toBeGreaterThan(0);
    expect(await traces.tree(learn.traceId)).toEqual({
      name: "learn",
      children: [
        { name: "agent:trainer", children: [coach] },
        { name: "agent:memory", children: [coach] },
      ],
    });
    expect((await notes.read("7")).join()).toContain(exercise.title);
    const support = await runner.run("support", { deal, notes: [] }, options);
    const { signals, strategy: previous } = support.output;
    const regen = await runner.run(
      "support_regen",
      { deal, signals, previous, wish: "shorter", notes: [] },
      options,
    );
    await Promise.all([support.background, regen.background]);
    expect(regen.output.strategy.draftMessage.length).toBeGreaterThan(0);
    expect(failures).toEqual([]);
    expect(server.requests).toHaveLength(0);
  });

  it("shows two attempts after 429", async () => {
    server.enqueue({ kind: "status", status: 429, headers: { "retry-after-ms": "1" } });
    const runner = await openRunner();
    const { value, traceId } = await traces.run("learn", () =>
      runner.run("learn", { exercise, answer, notes: [] }, options),
    );
    await value.background;
    const tree = await traces.tree(traceId);
    expect(tree?.children[0]).toEqual({ name: "agent:trainer", children: [llm, llm] });
    const attempts = (await traces.spans(traceId)).filter(
      ({ name, agent }) => name === llm.name && agent === "trainer",
    );
    expect(attempts.map(({ status }) => status)).toEqual(["error", "ok"]);
  });

  it("fails with the trace when answers do not fit, and begins nothing after", async () => {
    server.enqueue({ kind: "text", text: "No." }, { kind: "text", text: "Still no." });
    const runner = await openRunner();
    const { error, traceId } = await traces.fail("learn", () =>
      runner.run("learn", { exercise, answer, notes: [] }, options),
    );
    expect(error).toMatchObject({ name: "AnswerError" });
    expect((await traces.spans(traceId)).map(({ name, status }) => [name, status])).toEqual([
      ["learn", "error"],
      ["agent:trainer", "error"],
      ["llm:openrouter", "ok"],
      ["llm:openrouter", "ok"],
    ]);
  });

  it("is given up with the reason of its signal", async () => {
    server.enqueue({ kind: "hang" });
    const runner = await openRunner();
    const controller = new AbortController();
    const reason = new Error("The rep has cancelled.");
    const run = runner.run("support", { deal, notes: [] }, { ...options, signal: controller.signal });
    await server.received(1);
    controller.abort(reason);
    await expect(run).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  it("leaves background steps going when the run's signal is aborted, until theirs is", async () => {
    server.enqueue({ kind: "hang", task: "memory" });
    const runner = await openRunner();
    const run = new AbortController();
    const afterwards = new AbortController();
    const { background } = await runner.run(
      "learn",
      { exercise, answer, notes: [] },
      { ...options, signal: run.signal, backgroundSignal: afterwards.signal },
    );
    const request = await server.received(2);
    run.abort(new Error("Too late to matter."));
    expect(failures).toEqual([]);
    const reason = new Error("The bot stops.");
    afterwards.abort(reason);
    await background;
    await request.hungUp;
    expect(failures).toEqual([{ error: reason, step: { pipeline: "learn", agent: "memory", userId: "7" } }]);
  });

  it("answers though the background fails, and tells of that", async () => {
    server.enqueue({ kind: "status", status: 401, task: "memory" });
    const runner = await openRunner();
    const { value, traceId } = await traces.run("learn", () =>
      runner.run("learn", { exercise, answer, notes: [] }, options),
    );
    await value.background;
    await runner.settled();
    expect(failures).toMatchObject([{ error: { kind: "refused" }, step: { agent: "memory" } }]);
    const spans = await traces.spans(traceId);
    expect(spans.map(({ name, status }) => [name, status])).toEqual([
      ["learn", "ok"],
      ["agent:trainer", "ok"],
      ["llm:openrouter", "ok"],
      ["agent:memory", "error"],
      ["llm:openrouter", "error"],
    ]);
  });

  it("refuses what does not fit an agent's input, before it runs", async () => {
    const runner = await openRunner();
    const wrong = { deal: "d", notes: [7] } as unknown as { deal: string; notes: string[] };
    await expect(runner.run("support", wrong, options)).rejects.toThrow(
      'What the pipeline "support" gives to "strategist" does not fit:',
    );
    expect(server.requests.map(({ task }) => task)).toEqual(["signals"]);
  });

  it("keeps two runs at once apart", async () => {
    const runner = await openRunner();
    const run = (userId: string) =>
      traces.run("support", async () => {
        const result = await runner.run(
          "support",
          { deal: `${deal} ${userId}`, notes: [] },
          { ...options, userId },
        );
        return { ...result, current: TraceContext.current()?.traceId };
      });
    const [one, two] = await Promise.all([run("1"), run("2")]);
    await Promise.all([one.value.background, two.value.background]);
    expect(one.value.current).toBe(one.traceId);
    for (const { traceId } of [one, two]) expect(await traces.spans(traceId)).toHaveLength(9);
    expect([await notes.read("1"), await notes.read("2")].map(({ length }) => length)).toEqual([1, 1]);
  });
});

describe("steps side by side", () => {
  it("give each other up when one fails, and the first error is the run's", async () => {
    // Signals hang until they are given up, which only the playbook's failure does.
    const model: LanguageModel = await openModel();
    const agents = createAgents({ model, plays, notes });
    const broken = new Error("The index is broken.");
    const runner = new PipelineRunner({
      pipelines: loadPipelines(directory, agents),
      agents: agents.map((agent) =>
        agent.name === "playbook"
          ? {
              name: agent.name,
              input: agent.input,
              run: async () => {
                await server.received(1);
                throw broken;
              },
            }
          : agent,
      ),
      onBackgroundError: (error, step) => failures.push({ error, step }),
    });
    server.enqueue({ kind: "hang", task: "signals" });
    const { error, traceId } = await traces.fail("support", () =>
      runner.run("support", { deal, notes: [] }, options),
    );
    expect(error).toBe(broken);
    await (await server.received(1)).hungUp;
    const spans = await traces.spans(traceId);
    expect(spans.map(({ name, status, error_type }) => [name, status, error_type])).toEqual([
      ["support", "error", "Error"],
      ["agent:signals", "error", "AbortError"],
      ["llm:openrouter", "error", "AbortError"],
    ]);
    expect(server.requests.map(({ task }) => task)).toEqual(["signals"] satisfies CoachTask["kind"][]);
  });
});
