import { loadEncoder } from "../../otlp/encoder.ts";
import { createResources, toReadableSpan } from "../../otlp/to-readable-span.ts";
import type { TraceDetail } from "../../store/trace-repo.ts";
import { toRecords } from "./to-records.ts";

/** A trace in the JSON of OTLP. */
export interface OtlpRequest {
  /** An `ExportTraceServiceRequest`, as a collector's `/v1/traces` takes it. */
  json: string;
  spans: number;
}

/** @throws {TracingError} `missing-dependency` without the official encoder. */
export async function toOtlpRequest(trace: TraceDetail): Promise<OtlpRequest> {
  const encoder = await loadEncoder("http/json");
  const resourceOf = createResources({});
  const spans = toRecords(trace).map((record) => toReadableSpan(record, resourceOf(record.service)));
  const request = encoder.serializeRequest(spans);
  return {
    json: request ? Buffer.from(request).toString("utf8") : '{"resourceSpans":[]}',
    spans: spans.length,
  };
}
