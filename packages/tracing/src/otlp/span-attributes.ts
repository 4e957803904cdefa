import { GEN_AI, GENERAL, LEGACY_NAMES, TRACING } from "../conventions/attributes.ts";
import { OWN_KINDS, type TraceRecord } from "../record/record.ts";

export type AttributeMap = Record<string, unknown>;

/**
 * The attributes of a record's span: as the span had them, together with what records keep apart, under the names that it
 * came from. Today's names are there also where the span itself used older ones, or lost its attributes for their size.
 *
 * @throws {SyntaxError} when the record's JSON is damaged.
 */
export function toSpanAttributes(record: TraceRecord): AttributeMap {
  const attributes = toObject(record.attributes);
  for (const [name, value] of Object.entries(liftedFrom(record, attributes))) {
    if (value !== null && attributes[name] === undefined) attributes[name] = value;
  }
  return attributes;
}

/** A JSON object as a record has it, or an empty one for null. */
function toObject(json: string | null): AttributeMap {
  const value: unknown = json === null ? {} : JSON.parse(json);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as AttributeMap) : {};
}

function liftedFrom(record: TraceRecord, attributes: AttributeMap): AttributeMap {
  const hasModel = GEN_AI.REQUEST_MODEL in attributes || GEN_AI.RESPONSE_MODEL in attributes;
  return {
    [TRACING.ROOT]: record.root >= 2 || null,
    [TRACING.PIPELINE_NAME]: record.pipeline,
    [TRACING.SPAN_KIND]: OWN_KINDS.has(record.kind) ? record.kind : null,
    [TRACING.TELEGRAM_ID]: record.telegram_id,
    [GENERAL.USER_ID]: record.user_id,
    [GENERAL.SESSION_ID]: record.session_id,
    [TRACING.TAGS]: record.tags.length > 0 ? record.tags : null,
    [TRACING.METADATA]: record.metadata,
    [TRACING.INPUT]: unlessCarried(record.input, attributes, [
      GEN_AI.INPUT_MESSAGES,
      GEN_AI.TOOL_CALL_ARGUMENTS,
    ]),
    [TRACING.OUTPUT]: unlessCarried(record.output, attributes, [
      GEN_AI.OUTPUT_MESSAGES,
      GEN_AI.TOOL_CALL_RESULT,
    ]),
    [TRACING.SCORES]: record.scores,
    [GEN_AI.OPERATION_NAME]: record.operation,
    [GEN_AI.PROVIDER_NAME]: record.provider,
    [GEN_AI.REQUEST_MODEL]: hasModel ? null : record.model,
    [GEN_AI.INPUT_TOKENS]: record.input_tokens,
    [GEN_AI.OUTPUT_TOKENS]: record.output_tokens,
    [GEN_AI.AGENT_NAME]: record.kind === "agent" ? record.agent : null,
    [TRACING.COST_USD]: record.cost_usd,
    [TRACING.COST_SOURCE]: record.cost_source,
    [GENERAL.ERROR_TYPE]: record.error_type ?? (record.type === "interrupted" ? "interrupted" : null),
    [TRACING.INTERRUPTED]: record.type === "interrupted" || null,
    [TRACING.CLAMPED]: record.clamped,
  };
}

/** The input or output of a model call of another instrumentation is a copy of an attribute, which is sent anyway. */
function unlessCarried(
  content: string | null,
  attributes: AttributeMap,
  names: readonly string[],
): string | null {
  if (content === null) return null;
  const carried = names
    .flatMap((name) => [name, ...(LEGACY_NAMES[name] ?? [])])
    .map((name) => attributes[name])
    .some((value) => typeof value === "string" && (value === content || JSON.stringify(value) === content));
  return carried ? null : content;
}
