/**
 * Spans with times that cannot be, from an SDK that takes them as they are, in an OpenTelemetry set-up with the collector in it.
 * Its log is one of `coach.ts`; prints the collector's counts, and ends.
 */
import { openSync, writeSync } from "node:fs";
import { BasicTracerProvider, type SpanProcessor } from "@opentelemetry/sdk-trace-base";
import { TraceCollector } from "../../../src/collector/trace-collector.ts";
import { openStore } from "../../../src/open-store.ts";
import { createStoreExporter } from "../../../src/store/store-exporter.ts";
import { WRONG_TIMES } from "../wrong-times.ts";

const [databaseUrl = "", spoolDir = "", logFile = ""] = process.argv.slice(2);
const log = openSync(logFile, "a");
const store = await openStore({ databaseUrl }, {});
const collector = new TraceCollector({ exporter: createStoreExporter(store.client), spoolDir });
await collector.start();

/** OpenTelemetry's own SDK has corrected some of it by then. */
const uncorrected: SpanProcessor = {
  onStart: (span, context) => collector.onStart(span, context),
  onEnd(span) {
    const wrong = WRONG_TIMES.find(({ name }) => name === span.name);
    collector.onEnd(
      Object.create(span, { startTime: { value: wrong?.start }, endTime: { value: wrong?.end } }),
    );
  },
  forceFlush: () => collector.forceFlush(),
  shutdown: () => collector.shutdown(),
};
const tracer = new BasicTracerProvider({ spanProcessors: [uncorrected] }).getTracer("foreign");
for (const { name, start, end } of WRONG_TIMES) {
  const span = tracer.startSpan(name, { startTime: start });
  span.addEvent("noted", start);
  span.end(end);
  const { traceId, spanId } = span.spanContext();
  writeSync(log, `ended ${traceId} ${spanId}\n`);
}
await collector.forceFlush();
await collector.stop();
await store.close();
writeSync(1, `${JSON.stringify(collector.stats())}\n`);
