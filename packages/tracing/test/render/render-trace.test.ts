import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { cellWidth } from "../../src/render/cell-text.ts";
import { renderTrace } from "../../src/render/index.ts";
import type { Span } from "../../src/store/trace-repo.ts";
import { isoAt, START, sampleSpan, sampleTrace, spanId } from "./sample-traces.ts";

const root = sampleSpan("learn", [0, 4_000], { kind: "pipeline" });
const childOf = (
  parent: string,
  name: string,
  times: readonly [number, number | null],
  more: Partial<Span> = {},
) => sampleSpan(name, times, { parentSpanId: spanId(parent), ...more });

function tree(
  spans: Span[],
  options: Parameters<typeof renderTrace>[1] = {},
  status: "ok" | "running" = "ok",
): string {
  const trace = sampleTrace({ spans, status, durationMs: status === "running" ? null : 4_000 });
  return renderTrace(trace, { timeZone: "UTC", header: false, ...options });
}

describe("the tree of a trace", () => {
  it("shows parallel siblings side by side on one time axis", () => {
    const spans = [
      root,
      childOf("learn", "agent:a", [0, 2_000], { kind: "agent" }),
      childOf("agent:a", "llm:one", [500, 2_000], {
        kind: "llm",
        model: "m-1",
        inputTokens: 1_200,
        outputTokens: 30,
        costUsd: "0.0125",
      }),
      childOf("learn", "tool:b", [1_000, 3_000], { kind: "tool" }),
      childOf("learn", "step:c", [3_000, 4_000]),
    ];
    expect(tree(spans, { width: 80 })).toBe(
      [
        "                                              0                           4.00 s",
        "learn               4.00 s                    ██████████████████████████████████",
        "├─ agent:a          2.00 s                    █████████████████",
        "│  └─ llm:one  m-1  1.50 s  1.2K/30  $0.0125      █████████████",
        "├─ tool:b           2.00 s                            ██████████████████",
        "└─ step:c           1.00 s                                             █████████",
      ].join("\n"),
    );
  });

  it("orders siblings by their start, whatever order they come in", () => {
    const spans = [
      childOf("learn", "second", [2_000, 3_000]),
      childOf("learn", "first", [1_000, 3_500]),
      root,
    ];
    const names = tree(spans)
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s{2,}/)[0]);
    expect(names).toEqual(["learn", "├─ first", "└─ second"]);
  });

  it("draws microseconds apart from one another", () => {
    const early = childOf("learn", "z", [0, 1], { startTime: "2026-11-24T09:00:00.000001Z" });
    const late = childOf("learn", "a", [0, 1], { startTime: "2026-11-24T09:00:00.000002Z" });
    expect(tree([root, late, early])).toMatch(/z.*\n.*a/);
  });

  it("marks a span that went on after the root had ended, and says by how much", () => {
    const text = tree([root, childOf("learn", "agent:memory", [3_000, 6_000], { kind: "agent" })], {
      width: 100,
    });
    expect(text).toContain("agent:memory  [late +2.00 s]");
    expect(text.split("\n")[2]).toMatch(/█+▒+$/);
    expect(text.split("\n")[1]).toMatch(/█+$/);
    expect(text.split("\n")[0]).toMatch(/0 +6\.00 s$/);
  });

  it("does not call a span late that ends within the clock's rounding of the root", () => {
    expect(tree([root, childOf("learn", "step", [3_000, 4_000.6])])).not.toContain("late");
  });

  it("says what failed beneath the span that failed", () => {
    const error = { type: "TypeError", message: "boom\nin two lines", stack: null };
    const text = tree([root, childOf("learn", "agent:a", [0, 9], { status: "error", error })]);
    expect(text).toMatch(/└─ agent:a {2}\[error\].*\n {6}! TypeError: boom in two lines$/);
  });

  it("draws a running span up to now, with its end unknown", () => {
    const spans = [childOf("learn", "agent:a", [1_000, null], { status: "running" })];
    const text = tree(spans, { now: new Date(START + 10_000), width: 90 }, "running");
    expect(text).toContain("10.0 s");
    expect(text).toContain("agent:a  [running, parent not ended]");
    expect(text).toMatch(/ –.* ░+$/m);
    expect(text).not.toContain("█");
  });

  it("marks a span that never ended because its process did", () => {
    const text = tree([root, childOf("learn", "agent:a", [1_000, null], { status: "interrupted" })]);
    expect(text).toMatch(/agent:a {2}\[interrupted\] .* –.* ░+$/m);
  });

  it("puts a span whose parent is missing at the top level, with a note", () => {
    const lost = sampleSpan("llm:lost", [100, 200], { parentSpanId: "ffffffffffffffff", kind: "llm" });
    expect(tree([root, lost])).toMatch(/^llm:lost {2}\[parent missing\]/m);
  });

  it("takes a root that another service called for a root", () => {
    expect(tree([{ ...root, parentSpanId: "ffffffffffffffff" }])).not.toContain("parent");
  });

  it("shows every span of a circle once", () => {
    const a = childOf("b", "a", [0, 1]);
    const b = childOf("a", "b", [0, 1]);
    const self = childOf("self", "self", [0, 1]);
    expect(tree([root, a, b, self]).split("\n")).toHaveLength(5);
  });

  it("prints a chain of 5,000 spans without growing each line", () => {
    const chain = Array.from({ length: 5_000 }, (_, level) =>
      sampleSpan(`s${level}`, [0, 1], {
        spanId: level.toString(16).padStart(16, "0"),
        parentSpanId: level === 0 ? null : (level - 1).toString(16).padStart(16, "0"),
      }),
    );
    const lines = tree(chain, { width: 80 }).split("\n");
    expect(lines).toHaveLength(5_001);
    expect(lines.at(-1)).toContain("⋯4999 s4999");
  });

  it("says so when no span has ended yet", () => {
    expect(tree([], {}, "running")).toBe("No span has ended yet.");
  });

  it("survives a trace without any duration", () => {
    expect(tree([sampleSpan("instant", [0, 0])], { width: 60 })).toContain("0 ms");
    const trace = sampleTrace({ durationMs: 0, spans: [sampleSpan("instant", [0, 0])] });
    expect(renderTrace(trace, { header: false })).toMatch(/instant {2}0 ms {2}▏$/m);
  });

  it("adds inputs and outputs, shortened to the line", () => {
    const io = { input: { messages: ["x".repeat(500)] }, output: "fine" };
    const lines = tree([root, childOf("learn", "llm:a", [0, 1], io)], { io: true, width: 60 }).split("\n");
    expect(lines[3]).toMatch(/^ {6}in {2}\{"messages":\["x+…$/);
    expect(lines[4]).toBe("      out fine");
    expect(tree([root, childOf("learn", "llm:a", [0, 1], io)])).not.toContain("messages");
  });
});

describe("the width of a trace", () => {
  const spans = [
    root,
    childOf("learn", "agent:日本語のエージェント", [0, 3_000], { kind: "agent" }),
    childOf("agent:日本語のエージェント", "llm:👩‍👩‍👧‍👦 and friends", [0, 2_000], {
      kind: "llm",
      model: "provider/some-very-long-model-name-2026-11-24",
      inputTokens: 123_456_789,
      outputTokens: 987_654_321,
      costUsd: "123456789012345678.99",
      status: "error",
      error: { type: "Error", message: "no ".repeat(100), stack: null },
      input: "i".repeat(300),
    }),
    childOf("learn", "late", [3_000, 100_000]),
    sampleSpan("orphan with a rather long name", [10, null], {
      parentSpanId: "eeeeeeeeeeeeeeee",
      status: "interrupted",
    }),
  ];
  const trace = sampleTrace({
    spans,
    tags: ["x".repeat(90)],
    error: { type: "E", message: "m".repeat(300) },
  });

  it.each([20, 24, 30, 40, 60, 80, 100, 140, 200])("is never more than %i cells", (width) => {
    const lines = renderTrace(trace, { width, io: true }).split("\n");
    expect(lines.filter((line) => cellWidth(line) > width)).toEqual([]);
  });

  it("gives up models, cost, tokens and bars before durations", () => {
    const at = (width: number) => renderTrace(trace, { width, header: false });
    expect(at(200)).toContain("some-very-long-model-name");
    expect(at(90)).not.toContain("some-very-long-model-name");
    expect(at(90)).toContain("█");
    expect(at(36)).not.toContain("█");
    expect(at(36)).toContain("3.00 s");
  });

  it("is the same with colours and without", () => {
    const colored = renderTrace(trace, { width: 80, color: true, io: true, timeZone: "UTC" });
    expect(colored).toContain("\u001b[");
    expect(stripVTControlCharacters(colored)).toBe(
      renderTrace(trace, { width: 80, io: true, timeZone: "UTC" }),
    );
  });
});

describe("the header of a trace", () => {
  it("says what the trace was, whose, how it ended and what it cost", () => {
    const trace = sampleTrace({
      status: "error",
      spanCount: 1_234,
      errorCount: 2,
      sessionId: "s-1",
      tags: ["beta", "eu"],
      metadata: { deal: 5 },
      models: ["gpt-4o", "claude"],
      inputTokens: 12_345,
      outputTokens: null,
      costUsd: "0.0123456",
      error: { type: "TimeoutError", message: "no answer" },
      scores: [
        { name: "quality", value: 0.9, comment: "good" },
        { name: "tone", value: 1, comment: null },
      ],
    });
    expect(renderTrace(trace, { timeZone: "UTC" }).split("\n").slice(0, -2)).toEqual([
      "learn  error  4.00 s",
      "trace     0af7651916cd43dd8448eb211c80319c",
      "started   2026-11-24 09:00:00",
      "service   bot",
      "user      7, telegram 42",
      "session   s-1",
      "spans     1,234, 2 failed",
      "models    gpt-4o, claude",
      "tokens    12,345 in, – out",
      "cost      $0.0123",
      "tags      beta, eu",
      'metadata  {"deal":5}',
      "scores    quality 0.9 (good), tone 1",
      "error     TimeoutError: no answer",
    ]);
  });

  it("leaves out what is not known", () => {
    const trace = sampleTrace({
      pipelineName: null,
      userId: null,
      telegramId: null,
      status: "running",
      durationMs: null,
    });
    const text = renderTrace(trace, { timeZone: "UTC", now: new Date(isoAt(0)) });
    expect(text).toBe(
      [
        "(no pipeline)  running",
        "trace    0af7651916cd43dd8448eb211c80319c",
        "started  2026-11-24 09:00:00",
        "service  bot",
        "spans    0",
        "",
        "No span has ended yet.",
      ].join("\n"),
    );
  });

  it("makes control characters of a name visible instead of obeying them", () => {
    const name = "evil\u001b[2J\u0007\u009b31m\u202egnp\ud800";
    const text = renderTrace(sampleTrace({ pipelineName: name, spans: [sampleSpan(name, [0, 1])] }));
    expect(text).toContain("evil␛[2J␇\ufffd31m\ufffdgnp\ufffd");
    expect(text).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  });
});
