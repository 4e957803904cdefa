import { describe, expect, it } from "vitest";
import { resolveCaptureSettings } from "../../src/capture/settings.ts";
import type { ReadableSpanLike } from "../../src/record/readable-span.ts";
import { toRecord, toStartedRecord } from "../../src/record/to-record.ts";
import { at, ended, foreign, recordOf, SPAN_ID, settings, TRACE_ID } from "./spans.ts";

const withoutContent = resolveCaptureSettings({ content: false }, {});
const foreignRecord = (overrides: Partial<ReadableSpanLike>, capture = settings) =>
  toRecord(foreign(overrides), { settings: capture });

describe("input and output", () => {
  it("of our own spans are what was captured when the call was made", () => {
    const attributes = { "tracing.input": '{"q":"why?"}', "tracing.output": '"because"' };
    const record = recordOf({ attributes });
    expect(record).toMatchObject({ input: '{"q":"why?"}', output: '"because"', attributes: null });
  });

  it("of a model call are its messages, those of older names as well", () => {
    const messages = '[{"role":"user","content":"hi"}]';
    expect(recordOf({ attributes: { "gen_ai.input.messages": messages } }).input).toBe(messages);
    expect(
      foreignRecord({ attributes: { "ai.prompt.messages": messages, "ai.response.text": "hello" } }),
    ).toMatchObject({ input: messages, output: '"hello"' });
  });

  it("of a tool are its arguments and result", () => {
    const attributes = { "gen_ai.tool.call.arguments": '{"city":"Kazan"}', "ai.toolCall.result": '{"c":-3}' };
    expect(foreignRecord({ attributes })).toMatchObject({ input: '{"city":"Kazan"}', output: '{"c":-3}' });
  });

  it("keep the structure of foreign JSON that has to be cut", () => {
    const messages = Array.from({ length: 400 }, (_, index) => ({
      role: "user",
      content: `${index} ${"x".repeat(500)}`,
    }));
    const { input } = foreignRecord({ attributes: { "gen_ai.prompt": JSON.stringify(messages) } });
    expect(Buffer.byteLength(input ?? "")).toBeLessThanOrEqual(settings.limits.maxBytes);
    const kept: unknown[] = JSON.parse(input ?? "");
    expect(kept[0]).toEqual(messages[0]);
    expect(kept.at(-1)).toMatch(/^\[truncated/);
  });

  it("redact foreign JSON by the names in it, nested and of any type", () => {
    const prompt = JSON.stringify({ user: { password: 12345, note: "fine" }, headers: { cookie: ["a=b"] } });
    expect(JSON.parse(foreignRecord({ attributes: { "gen_ai.prompt": prompt } }).input ?? "")).toEqual({
      user: { password: "[redacted]", note: "fine" },
      headers: { cookie: "[redacted]" },
    });
  });

  it("of others may be no JSON at all, or no text", () => {
    expect(foreignRecord({ attributes: { "gen_ai.prompt": "{not json" } }).input).toBe('"{not json"');
    expect(foreignRecord({ attributes: { "gen_ai.prompt": "null" } }).input).toBe("null");
    expect(foreignRecord({ attributes: { "gen_ai.prompt": ["a", `sk-${"a1B2".repeat(10)}`] } }).input).toBe(
      '["a","[redacted]"]',
    );
  });

  it("are bounded even when somebody writes under our own name", () => {
    const { input } = recordOf({ attributes: { "tracing.input": "x".repeat(10_000_000) } });
    expect(Buffer.byteLength(input ?? "")).toBeLessThanOrEqual(settings.limits.maxBytes);
    expect(() => JSON.parse(input ?? "")).not.toThrow();
  });
});

describe("switched off, content", () => {
  it.each([
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "gen_ai.prompt",
    "gen_ai.prompt.0.content",
    "gen_ai.completion.1.content",
    "gen_ai.tool.call.arguments",
    "ai.prompt.messages",
    "ai.prompt.tools",
    "ai.response.text",
    "ai.response.toolCalls",
    "ai.toolCall.args",
    "ai.embedding",
    "llm.input_messages.0.message.content",
    "llm.prompts",
    "input.value",
    "output.value",
    "traceloop.entity.input",
    "tracing.input",
    "tracing.output",
  ])("is nowhere in a record (%s)", (name) => {
    const record = foreignRecord({ attributes: { [name]: "what was said" } }, withoutContent);
    expect(JSON.stringify(record)).not.toContain("what was said");
    expect(JSON.stringify(foreignRecord({ attributes: { [name]: "what was said" } }))).toContain(
      "what was said",
    );
  });

  it("is not in the events of older conventions", () => {
    const events = ["gen_ai.user.message", "gen_ai.choice", "gen_ai.content.prompt"].map((name) => ({
      name,
      time: at(0),
      attributes: { content: "what was said" },
    }));
    const { events: json } = foreignRecord({ events }, withoutContent);
    expect(json).not.toContain("what was said");
    expect(JSON.parse(json ?? "")).toHaveLength(3);
  });

  it("leaves names, numbers and metadata", () => {
    const attributes = {
      "gen_ai.request.model": "gpt-4o",
      "gen_ai.usage.input_tokens": 3,
      "gen_ai.prompt.name": "greeting",
      "tracing.metadata": '{"a":1}',
    };
    const record = foreignRecord({ attributes }, withoutContent);
    expect(record).toMatchObject({ model: "gpt-4o", input_tokens: 3, metadata: '{"a":1}' });
    expect(record.attributes).toContain("greeting");
  });
});

describe("attributes", () => {
  it("are a JSON object without what has a place of its own, redacted by name and by text", () => {
    const record = foreignRecord({
      attributes: {
        "http.url": "https://api.telegram.org/bot123456789:AAF0abcdefghijklmnopqrstuvwxyz12345/getMe",
        password: 12345,
        "gen_ai.usage.input_tokens": 3,
        list: ["a", "b"],
        "tracing.tags": ["t"],
      },
    });
    const attributes = JSON.parse(record.attributes ?? "");
    expect(attributes).toEqual({
      "http.url": expect.not.stringContaining("AAF0"),
      password: "[redacted]",
      "gen_ai.usage.input_tokens": 3,
      list: ["a", "b"],
    });
  });

  it("that are none are null", () => {
    expect(recordOf()).toMatchObject({
      attributes: null,
      events: null,
      links: null,
      scores: null,
      metadata: null,
    });
  });
});

describe("events and links", () => {
  it("lie within a span of this library, and of another are taken at their word", () => {
    const events = [-400, 300, 1_000_700].map((micros) => ({ name: "e", time: at(micros) }));
    const times = (json: string | null) =>
      (JSON.parse(json ?? "[]") as { time: string }[]).map(({ time }) => time.slice(17));
    expect(times(recordOf({ events }).events)).toEqual(["00.000000Z", "00.000300Z", "01.000000Z"]);
    expect(times(foreignRecord({ events }).events)).toEqual(["59.999600Z", "00.000300Z", "01.000700Z"]);
    const started = toStartedRecord(ended({ events }), { settings });
    expect(times(started.events)).toEqual(["00.000000Z", "00.000300Z", "01.000700Z"]);
  });

  it("keep name, time and redacted attributes", () => {
    const event = { name: "retry", time: at(3), attributes: { attempt: 2, token: "abcdef" } };
    expect(JSON.parse(recordOf({ events: [event] }).events ?? "")).toEqual([
      { name: "retry", time: "2026-11-24T10:00:00.000003Z", attributes: { attempt: 2, token: "[redacted]" } },
    ]);
    const link = {
      context: { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1 },
      attributes: { why: "new" },
    };
    expect(JSON.parse(recordOf({ links: [link] }).links ?? "")).toEqual([
      { traceId: TRACE_ID, spanId: SPAN_ID, attributes: { why: "new" } },
    ]);
  });

  it("that lead to no trace there can be are valid all the same, and can be stored", () => {
    const context = { traceId: 'a"b\0', spanId: "\ud800", traceFlags: 1 };
    const { links } = recordOf({ links: [{ context }] });
    expect(JSON.parse(links ?? "")).toEqual([{ traceId: 'a"b\u2400', spanId: "\ufffd", attributes: {} }]);
    expect(links).not.toContain("\0");
  });

  it("beyond 256 or their room are left out, which the record says", () => {
    const many = Array.from({ length: 300 }, (_, index) => ({ name: `e${index}`, time: at(0) }));
    const record = toRecord(ended({ events: many }), { settings });
    expect(JSON.parse(record.events ?? "")).toHaveLength(256);
    expect(record.clamped).toEqual(["events"]);
    const big = many.slice(0, 20).map((event) => ({ ...event, attributes: { text: "x".repeat(40_000) } }));
    const bounded = recordOf({ events: big });
    expect(Buffer.byteLength(bounded.events ?? "")).toBeLessThanOrEqual(4 * settings.limits.maxBytes);
    expect(JSON.parse(bounded.events ?? "").length).toBeLessThan(20);
    expect(bounded.clamped).toEqual(["events"]);
  });
});

describe("scores", () => {
  const scoresOf = (scores: unknown) =>
    JSON.parse(recordOf({ attributes: { "tracing.scores": JSON.stringify(scores) } }).scores ?? "null");

  it("keep name, value and comment", () => {
    expect(
      scoresOf([
        { name: "rubric", value: 0.72, comment: "clear\0close" },
        { name: "passed", value: true },
      ]),
    ).toEqual([
      { name: "rubric", value: 0.72, comment: "clear\u2400close" },
      { name: "passed", value: true, comment: null },
    ]);
  });

  it("without a name or value are none, and no text that Postgres refuses gets in", () => {
    expect(scoresOf([{ name: "", value: 1 }, { value: 1 }, { name: "x" }, 7, null])).toBeNull();
    expect(scoresOf({ name: "x", value: 1 })).toBeNull();
    expect(recordOf({ attributes: { "tracing.scores": "{broken" } }).scores).toBeNull();
    expect(scoresOf([{ name: "\ud800", value: "\udc00" }])).toEqual([
      { name: "\ufffd", value: "\ufffd", comment: null },
    ]);
  });
});
