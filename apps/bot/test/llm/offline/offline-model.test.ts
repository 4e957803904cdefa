import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ANSWER_SCHEMAS, type CoachTask } from "../../../src/coaching/task.ts";
import { createOfflineModel, OFFLINE_NOTICE } from "../../../src/llm/offline/index.ts";
import { readSignals } from "../../../src/llm/offline/signals/read-signals.ts";
import { type RecordedTraces, recordTraces } from "../../support/recorded-traces.ts";
import { CONTENT, exerciseNamed } from "./content-under-test.ts";
import { DEALS } from "./deals.ts";

const exercise = exerciseNamed("disc-price-of-pain");
const TASKS: CoachTask[] = [
  { kind: "assess", exercise, answer: exercise.modelAnswer, notes: [] },
  { kind: "signals", deal: DEALS.silent },
  {
    kind: "strategy",
    deal: DEALS.silent,
    signals: readSignals(DEALS.silent),
    plays: CONTENT.plays,
    notes: [],
  },
  { kind: "memory", notes: [], event: "score: 80" },
];
const messages = [
  { role: "system", content: "You coach." },
  { role: "user", content: "Grade this answer, please." },
] as const;

describe("the offline model", () => {
  let traces: RecordedTraces;
  beforeAll(async () => {
    traces = await recordTraces();
  });
  afterAll(() => traces.stop());

  const model = createOfflineModel();
  const signal = new AbortController().signal;

  it.each(TASKS.map((task) => [task.kind, task] as const))(
    "answers %s with JSON that fits, the same each time",
    async (kind, task) => {
      const text = await model.complete({ task, messages, signal });
      expect(ANSWER_SCHEMAS[kind].safeParse(JSON.parse(text)).error).toBeUndefined();
      expect(await model.complete({ task, messages, signal })).toBe(text);
      if (kind !== "memory") expect(text).toContain(OFFLINE_NOTICE);
    },
  );

  it("gives up with the signal's reason", async () => {
    const reason = new Error("too late");
    const [task] = TASKS;
    if (!task) throw new Error("no task");
    await expect(model.complete({ task, messages, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("leaves one span with prompt, answer, tokens and a cost of nothing", async () => {
    const [task] = TASKS;
    if (!task) throw new Error("no task");
    const { value, traceId } = await traces.run("learn", () => model.complete({ task, messages, signal }));
    const spans = (await traces.spans(traceId)).filter(({ name }) => name === "llm:offline");
    expect(spans).toHaveLength(1);
    const [span] = spans;
    expect(span).toMatchObject({ kind: "llm", provider: "offline", model: "rule-based-coach" });
    const text = JSON.stringify(span);
    expect(text).toContain("Grade this answer, please.");
    expect(text).not.toContain("evidence");
    expect(Number(span?.cost_usd)).toBe(0);
    expect(span?.output_tokens).toBe(Math.ceil(value.length / 4));
  });
});
