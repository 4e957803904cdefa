import { context, ROOT_CONTEXT } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import { currentRuntime } from "../core/runtime.ts";
import type { RecordExporter } from "./record-exporter.ts";

/**
 * The same exporter, whose requests are part of no trace: neither of ours nor of another SDK in the process, whose
 * instrumentation of HTTP or of a database would otherwise make spans of delivering spans.
 */
export function untraced(exporter: RecordExporter): RecordExporter {
  return {
    send: (records, options) => outsideAnyTrace(() => exporter.send(records, options)),
    ...(exporter.ready && {
      ready: (options) => outsideAnyTrace(async () => exporter.ready?.(options) ?? true),
    }),
    ...(exporter.maintain && {
      maintain: (options) => outsideAnyTrace(async () => exporter.maintain?.(options)),
    }),
  };
}

function outsideAnyTrace<T>(run: () => T): T {
  const nowhere = suppressTracing(ROOT_CONTEXT);
  return context.with(nowhere, () => currentRuntime().with(nowhere, run));
}
