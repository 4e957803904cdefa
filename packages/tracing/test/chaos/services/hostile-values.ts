/**
 * Gives each hostile value to a traced function, which returns it, and to one that throws it. Its log is one of
 * `coach.ts`. It prints a line of JSON: `{ calls: [{ value, returned, thrown }], polluted, stats }`, the last two of a call being
 * the spans, and ends with exit code 1 when tracing has changed what came back.
 */
import { openSync, writeSync } from "node:fs";
import { TraceContext } from "../../../src/core/trace-context.ts";
import { tracedSpan } from "../../../src/core/traced-span.ts";
import { startTracing } from "../../../src/start-tracing.ts";
import { HOSTILE_VALUES } from "../hostile-values.ts";

const [databaseUrl = "", dataDir = "", logFile = ""] = process.argv.slice(2);
const log = openSync(logFile, "a");
const note = (...words: unknown[]) => writeSync(log, `${words.join(" ")}\n`);
const spanId = () => TraceContext.current()?.traceparent().split("-")[2] ?? "";

const tracing = await startTracing({
  serviceName: "hostile",
  databaseUrl,
  dataDir,
  otlp: false,
  logger: { info: () => undefined, warn: (message) => note("warning", message) },
});

let span = "";
const gives = tracedSpan("gives")((value: unknown) => {
  span = spanId();
  return value;
});
const throws = tracedSpan("throws")((value: unknown) => {
  span = spanId();
  throw value;
});

function sameThrown(value: unknown): boolean {
  try {
    throws(value);
    return false;
  } catch (thrown) {
    return Object.is(thrown, value);
  }
}

const calls: { value: string; returned: string; thrown: string }[] = [];
const changed: string[] = [];
for (const { name, make } of HOSTILE_VALUES) {
  const value = make();
  const [trace, root] = TraceContext.run({ pipelineName: "hostile", metadata: { name } }, (run) => {
    run.setInput(value);
    run.setAttribute("value", value as string);
    if (!Object.is(gives(value), value)) changed.push(`returned ${name}`);
    const returned = span;
    if (!sameThrown(value)) changed.push(`thrown ${name}`);
    calls.push({ value: name, returned, thrown: span });
    return [run.traceId, run.spanId];
  });
  const { returned, thrown } = calls.at(-1) ?? {};
  for (const ended of [root, returned, thrown]) note("ended", trace, ended);
}
await tracing.forceFlush();
await tracing.shutdown();
const polluted = "polluted" in {};
writeSync(1, `${JSON.stringify({ calls, changed, polluted, stats: tracing.stats() })}\n`);
