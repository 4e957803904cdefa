import { context, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { recordGeneration } from "../../src/core/generation.ts";
import { recordStream } from "../../src/core/record-stream.ts";
import { TraceContext } from "../../src/core/trace-context.ts";
import { tracedSpan } from "../../src/core/traced-span.ts";

/** A value of a service's own, with the text in its members and in what it says of itself. */
class Account {
  readonly note: string;
  readonly history: ReadonlyMap<string, string>;

  constructor(note: string) {
    this.note = note;
    this.history = new Map([[note, note]]);
  }

  toString(): string {
    return this.note;
  }
}

/** The text in every kind of value that a function may be given. */
function everyValue(text: string): unknown[] {
  return [
    text,
    [text, [text, { deep: { deeper: text } }]],
    { [text]: text },
    new Map<unknown, unknown>([
      [text, text],
      [1, { text }],
    ]),
    new Set([text, { text }]),
    new Headers({ "x-note": encodeURIComponent(text) }),
    new URL(`https://example.org/a?note=${encodeURIComponent(text)}#${encodeURIComponent(text)}`),
    new URLSearchParams({ note: text }),
    Buffer.from(text),
    new TextEncoder().encode(text).buffer,
    new Account(text),
    Symbol(text),
    Object.defineProperty(() => 1, "name", { value: text }),
    { toJSON: () => ({ text }) },
    new Error(text),
  ];
}

function failure(text: string): Error {
  const inner = new AggregateError([new Error(text), text], text, { cause: text });
  return Object.assign(new TypeError(`It failed: ${text}`, { cause: inner }), {
    request: { headers: { note: text }, body: text },
    config: text,
  });
}

function cutIntoPieces(text: string): string[] {
  return text.match(/.{1,7}/gs) ?? [];
}

/** A span of another instrumentation, which knows nothing of redaction. */
function foreignSpan(text: string, parent: Span): void {
  const tracer = trace.getTracer("another library", text);
  const links = [{ context: parent.spanContext(), attributes: { note: text, list: [text] } }];
  const span = tracer.startSpan(`GET ${text}`, { kind: SpanKind.CLIENT, links });
  span.setAttributes({
    note: text,
    list: [text, "b"],
    [text.slice(0, 400)]: 1,
    "gen_ai.tool.call.arguments": JSON.stringify({ text }),
    "gen_ai.input.messages": JSON.stringify([{ role: "user", content: text }]),
    "url.full": text,
    "db.query.text": text,
  });
  span.addEvent(text, { note: text, list: [text] });
  span.recordException(failure(text));
  span.setStatus({ code: SpanStatusCode.ERROR, message: text });
  span.end();
}

const tool = tracedSpan("tool:lookup", { kind: "tool" })((...args: unknown[]) => args);

/** One run that has the text in every place there is. Returns the trace's id. */
export async function leakyRun(text: string): Promise<string> {
  let traceId = "";
  const options = {
    pipelineName: `learn ${text}`,
    sessionId: text,
    tags: [text, "beta"],
    metadata: { note: text, nested: [{ text }] },
    input: everyValue(text),
  };
  const run = async (current: TraceContext) => {
    traceId = current.traceId;
    const root = trace.getSpan(context.active());
    current.setAttribute("note", text);
    current.setAttribute("list", [text]);
    current.addTag(text);
    current.score(`quality ${text}`.slice(0, 400), 1, text);
    tool(...everyValue(text));
    tool(`${"long ".repeat(20_000)}${text}`);
    tool(`${"long ".repeat(9_996)}${text} ${text}`);

    await tracedSpan(`llm:${text}`)(async () => {
      recordGeneration({
        provider: text,
        model: text,
        responseId: text,
        finishReasons: [text],
        inputMessages: [{ role: "user", content: [{ type: "text", text }] }],
        outputMessages: [
          { role: "assistant", content: text, tool_calls: [{ arguments: JSON.stringify({ text }) }] },
        ],
        systemInstructions: text,
      });
      return text;
    })();

    const streaming = [
      tracedSpan("llm:texts")(async () => recordStream(ReadableStream.from(cutIntoPieces(text)))),
      tracedSpan("llm:parts")(async () =>
        recordStream(ReadableStream.from(cutIntoPieces(text).map((delta) => ({ type: "text", delta })))),
      ),
    ];
    for (const stream of streaming) for await (const _ of await stream());

    if (root) foreignSpan(text, root);
    await tracedSpan("step:failing")(async () => {
      throw failure(text);
    })().catch(() => undefined);
    throw failure(text);
  };
  await TraceContext.run(options, run).catch(() => undefined);
  return traceId;
}
