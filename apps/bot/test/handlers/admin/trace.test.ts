import { recordGeneration, TraceContext, tracedSpan } from "@app/tracing";
import { sampleRecord } from "@app/tracing/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AdminWorld } from "./admin-world.ts";

let world: AdminWorld;
beforeAll(async () => {
  world = await AdminWorld.start();
});
afterAll(() => world.stop());

const complete = tracedSpan("llm:openrouter")(async (prompt: string) => {
  recordGeneration({
    provider: "openrouter",
    model: "small",
    usage: { inputTokens: 1_234, outputTokens: 456 },
    costUsd: 0.0123,
  });
  if (prompt === "fail")
    throw new RangeError("429, the model has too much to do and cannot answer at the moment");
  return "an answer";
});
const trainer = tracedSpan("agent:trainer", { kind: "agent" })((prompt: string) => complete(prompt));

async function run(prompt: string, options: { tags?: string[] } = {}): Promise<string> {
  let traceId = "";
  await TraceContext.run(
    {
      pipelineName: "learn",
      userId: 42,
      telegramId: 42,
      sessionId: 42,
      input: { answer: prompt },
      ...options,
    },
    async (trace) => {
      traceId = trace.traceId;
      trace.setOutput(await trainer(prompt));
    },
  ).catch(() => undefined);
  await world.tracing.forceFlush();
  return traceId;
}

async function ingest(trace_id: string, overrides: Parameters<typeof sampleRecord>[0] = {}): Promise<void> {
  const start = new Date().toISOString();
  await world.tracing.repo.ingest([sampleRecord({ trace_id, start, ...overrides })]);
}

describe("/admin trace", () => {
  it("shows the steps with times, tokens and cost, and what the run was given and returned", async () => {
    const traceId = await run("a good answer", { tags: ["synthetic"] });
    const { text, entities, buttons } = await world.send(`/admin trace ${traceId}`);
    expect(text).toContain(`✓ learn  ok, `);
    expect(text).toContain(`\n${traceId}\n`);
    expect(text).toContain("user 42, session 42\n3 spans, 1.23K/456 tokens, $0.0123\nsmall\ntags: synthetic");
    const pre = entities.find(({ type }) => type === "pre");
    const tree = text.slice(pre?.offset, (pre?.offset ?? 0) + (pre?.length ?? 0)).split("\n");
    expect(tree).toHaveLength(4);
    expect(tree[0]).toMatch(/^learn {10,}.+ m?s$/);
    expect(tree[1]).toMatch(/^└ agent:trainer .+ m?s$/);
    expect(tree[2]).toMatch(/^ {2}└ llm:openrouter .+ m?s$/);
    expect(tree[3]).toBe("      1.23K/456, $0.0123");
    expect(Math.max(...tree.map((line) => line.length))).toBeLessThanOrEqual(36);
    expect(text).toMatch(/Input\n\{"answer":"a good answer"\}\n\nOutput\nan answer$/);
    expect([...buttons.keys()]).toEqual(["Back to traces", "Overview", "Good run", "Bad run"]);
  });

  it("shows where a run failed and with what", async () => {
    const { text } = await world.send(`/admin trace ${await run("fail")}`);
    expect(text).toContain("✗ learn  error, ");
    expect(text).toContain("3 spans, 3 failed");
    expect(text).toContain(
      "Error: RangeError: 429, the model has too much to do and cannot answer at the moment",
    );
    expect(text).toContain("      ! RangeError: 429, the model has too much to do");
  });

  it("finds the latest, a whole id in capitals, and the first digits", async () => {
    const traceId = await run("one more");
    for (const reference of ["latest", traceId.toUpperCase(), traceId.slice(0, 8), traceId.slice(0, 4)]) {
      expect((await world.send(`/admin trace ${reference}`)).text).toContain(`\n${traceId}\n`);
    }
  });

  it("offers those that begin with the same digits", async () => {
    const both = [`abcd1${"0".repeat(27)}`, `abcd2${"0".repeat(27)}`];
    for (const traceId of both) await ingest(traceId);
    const choice = await world.send("/admin trace abcd");
    expect(choice.text).toBe("2 traces begin with abcd. Give more digits, or take one of them.");
    expect((await world.press(choice, "abcd10000000")).text).toContain(both[0]);
  });

  it("says what names a trace when it finds none", async () => {
    const accepted = "A trace is named by its 32 hex digits, the first 4 or more of them, or latest.";
    expect((await world.send("/admin trace")).text).toBe(`Which trace? ${accepted}`);
    for (const reference of ["abc", "yesterday", "12345678 or so", "f".repeat(33)]) {
      expect((await world.send(`/admin trace ${reference}`)).text).toBe(
        `I do not understand "${reference}". ${accepted}`,
      );
    }
    const absent = "9".repeat(32);
    expect((await world.send(`/admin trace ${absent}`)).text).toContain(`There is no trace ${absent}`);
    expect((await world.send("/admin trace 99999999")).text).toContain("begins with 99999999");
  });

  it("lets a run that goes on be looked at again", async () => {
    const running = await TraceContext.run({ pipelineName: "train", input: "hello" }, async (trace) => {
      await world.tracing.forceFlush();
      const shown = await world.send(`/admin trace ${trace.traceId}`);
      expect(shown.text).toContain("… train  running, –");
      return shown;
    });
    await world.tracing.forceFlush();
    expect((await world.press(running, "Refresh")).text).toContain("✓ train  ok, ");
  });

  it("cuts a trace that is too long for a chat, and says how many steps are missing", async () => {
    const root = sampleRecord({ trace_id: "e".repeat(32), start: new Date().toISOString() });
    const steps = Array.from({ length: 600 }, (_, index) =>
      sampleRecord({
        trace_id: root.trace_id,
        parent_span_id: root.span_id,
        root: 0,
        start: root.start,
        kind: "step",
        name: `step ${index} with a name that is rather long for a phone`,
      }),
    );
    await world.tracing.repo.ingest([root, ...steps]);
    const before = world.server.callsOf("sendMessage").length;
    const last = await world.send("/admin trace eeeeeeee");
    const parts = world.server.callsOf("sendMessage").slice(before);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.length).toBeLessThanOrEqual(4);
    expect(last.text).toContain("361 more of 601 spans:");
    expect([...last.buttons.keys()]).toEqual(["Back to traces", "Overview", "Good run", "Bad run"]);
    expect(parts.slice(0, -1).every(({ payload }) => payload.reply_markup === undefined)).toBe(true);
  });

  it("keeps apart what a name or a message would break", async () => {
    const traceId = "d".repeat(32);
    await ingest(traceId, {
      name: "two\nlines\u202e",
      input: JSON.stringify("a\nb"),
      output: JSON.stringify(""),
    });
    const { text } = await world.send(`/admin trace ${traceId}`);
    expect(text).toContain("two lines ");
    expect(text).toMatch(/Input\na b$/);
  });
});

describe("/admin score", () => {
  it("keeps what the operator makes of a run, by its buttons and in words, and shows it", async () => {
    const traceId = await run("hello");
    const scored = await world.press(await world.send(`/admin trace ${traceId}`), "Good run");
    expect(scored.text).toContain("verdict good");
    expect((await world.tracing.repo.getTrace(traceId))?.scores).toMatchObject([
      { name: "verdict", value: "good" },
    ]);
    const { text } = await world.send(`/admin score ${traceId.slice(0, 12)} bad`);
    expect(text).toContain("verdict bad");
    expect((await world.tracing.repo.getTrace(traceId))?.scores).toHaveLength(1);
  });

  it("says how a score is given, and when there is no such run", async () => {
    expect((await world.send("/admin score")).text).toContain("/admin score <id> good, or bad");
    expect((await world.send("/admin score latest great")).text).toContain("/admin score <id> good, or bad");
    expect((await world.send(`/admin score ${"ab".repeat(16)} good`)).text).toContain("There is no trace");
  });
});
