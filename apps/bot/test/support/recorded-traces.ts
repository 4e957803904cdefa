import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTracing, TraceContext, type TraceRecord } from "@app/tracing";

/** A span by its name, with those below it in the order they began. */
export interface SpanTree {
  name: string;
  children: SpanTree[];
}

export interface RecordedTraces {
  /** Runs it in a trace of its own; the trace's spans can be had once they have ended. */
  run<T>(pipelineName: string, fn: () => Promise<T>): Promise<{ value: T; traceId: string }>;
  /** As {@link run}, for what fails. */
  fail(pipelineName: string, fn: () => Promise<unknown>): Promise<{ error: unknown; traceId: string }>;
  /** What was stored of a trace, in the order it began. */
  spans(traceId: string): Promise<TraceRecord[]>;
  tree(traceId: string): Promise<SpanTree | undefined>;
  /** All that was stored of any trace, as it was sent. */
  text(): Promise<string>;
  stop(): Promise<void>;
}

/** The real tracing library, whose store keeps what it is sent in memory. */
export async function recordTraces(): Promise<RecordedTraces> {
  const dataDir = await mkdtemp(join(tmpdir(), "bot-traces-"));
  const stored: TraceRecord[] = [];
  // What an InsForge project answers to the library's calls.
  const client = {
    async rpc(fn: string, { batch }: Record<string, unknown>) {
      if (fn === "ingest") stored.push(...(batch as TraceRecord[]));
      return fn === "schema_version" ? 1 : {};
    },
  };
  const tracing = await startTracing({
    serviceName: "bot",
    dataDir,
    insforge: { client },
    otlp: false,
    logger: { info: () => undefined, warn: (message) => process.stderr.write(`${message}\n`) },
  });
  const spans = async (traceId: string) => {
    await tracing.forceFlush();
    return stored
      .filter((record) => record.trace_id === traceId && record.type === "span")
      .sort((a, b) => (a.start < b.start ? -1 : 1));
  };
  return {
    run: (pipelineName, fn) =>
      TraceContext.run({ pipelineName, userId: 7 }, async ({ traceId }) => ({ value: await fn(), traceId })),
    async fail(pipelineName, fn) {
      let traceId = "";
      try {
        await TraceContext.run({ pipelineName, userId: 7 }, (trace) => {
          traceId = trace.traceId;
          return fn();
        });
      } catch (error) {
        return { error, traceId };
      }
      throw new Error(`The run of ${pipelineName} was to fail, and did not.`);
    },
    spans,
    async tree(traceId) {
      const all = await spans(traceId);
      const under = (parent: string | null): SpanTree[] =>
        all
          .filter((span) => span.parent_span_id === parent)
          .map((span) => ({ name: span.name, children: under(span.span_id) }));
      return under(null)[0];
    },
    async text() {
      await tracing.forceFlush();
      return JSON.stringify(stored);
    },
    async stop() {
      await tracing.shutdown();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
