import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { missingDependency, type TracingError } from "../core/errors.ts";
import type { OtlpProtocol } from "./otlp-options.ts";

/** What is used of the official package's serializers, which several of its releases share. */
export interface Encoder {
  serializeRequest(spans: ReadableSpan[]): Uint8Array | undefined;
  deserializeResponse(
    body: Uint8Array,
  ): { partialSuccess?: { rejectedSpans?: number | string; errorMessage?: string } | null } | null;
}

const PACKAGE = "@opentelemetry/otlp-transformer";

/** The official encoder for a protocol. @throws {TracingError} `missing-dependency` */
export async function loadEncoder(protocol: OtlpProtocol): Promise<Encoder> {
  const transformer = await import("@opentelemetry/otlp-transformer").catch((cause: unknown) => {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND";
    const reason = missing
      ? "is not installed"
      : `cannot be loaded (${cause instanceof Error ? cause.message : String(cause)})`;
    throw unusable(reason, cause);
  });
  const encoder: Encoder | undefined =
    protocol === "http/json" ? transformer.JsonTraceSerializer : transformer.ProtobufTraceSerializer;
  if (typeof encoder?.serializeRequest !== "function")
    throw unusable("has no serializer for traces in the release that is installed");
  return encoder;
}

function unusable(reason: string, cause?: unknown): TracingError {
  return missingDependency("Sending traces over OTLP", [PACKAGE], { reason, cause });
}
