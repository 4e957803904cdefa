/**
 * Changes arguments while a traced function runs and after it, and results after they were returned. Prints the trace,
 * the values as they were at the call and at the return, and ends.
 */
import { openSync, writeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { TraceContext } from "../../../src/core/trace-context.ts";
import { tracedSpan } from "../../../src/core/traced-span.ts";
import { startTracing } from "../../../src/start-tracing.ts";

interface Draft {
  text: string;
  notes: string[];
  seen: Map<string, number>;
}

const [databaseUrl = "", dataDir = "", logFile = ""] = process.argv.slice(2);
const log = openSync(logFile, "a");
const tracing = await startTracing({ serviceName: "mutating", databaseUrl, dataDir, otlp: false });

const newDraft = (text: string): Draft => ({ text, notes: ["first"], seen: new Map([["a", 1]]) });

function change(draft: Draft): void {
  draft.text = `not ${draft.text}`;
  draft.notes.push("later");
  draft.seen.clear();
}

const spans: string[] = [];
const spanId = () => TraceContext.current()?.traceparent().split("-")[2] ?? "";

const sync = tracedSpan("sync")((draft: Draft) => {
  spans.push(spanId());
  change(draft);
  return newDraft("returned");
});
const later = tracedSpan("later")(async (draft: Draft) => {
  spans.push(spanId());
  await pause(5);
  change(draft);
  return newDraft("returned");
});
const items = tracedSpan("items")(async function* (draft: Draft) {
  spans.push(spanId());
  change(draft);
  yield newDraft("returned");
});

const metadata = { before: true };
await TraceContext.run({ pipelineName: "mutating", metadata }, async (trace) => {
  const noted = newDraft("noted");
  trace.setInput(noted);
  trace.setOutput(noted);
  change(noted);
  metadata.before = false;
  change(sync(newDraft("given")));
  const given = newDraft("given");
  const running = later(given);
  change(given);
  change(await running);
  for await (const item of items(newDraft("given"))) change(item);
  spans.unshift(trace.spanId);
  for (const span of spans) writeSync(log, `ended ${trace.traceId} ${span}\n`);
});
await tracing.forceFlush();
await tracing.shutdown();
