/**
 * Attribute names, as the OpenTelemetry GenAI semantic conventions define them, and our own.
 *
 * Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/ at the version named by {@link CONVENTIONS_VERSION}.
 */

/** The release of the semantic conventions that the `GEN_AI`, `USER`, `ERROR` names below follow. */
export const CONVENTIONS_VERSION = "1.45.0";

/** GenAI attributes that this library writes and reads. */
export const GEN_AI = {
  OPERATION_NAME: "gen_ai.operation.name",
  PROVIDER_NAME: "gen_ai.provider.name",
  REQUEST_MODEL: "gen_ai.request.model",
  RESPONSE_MODEL: "gen_ai.response.model",
  RESPONSE_ID: "gen_ai.response.id",
  RESPONSE_FINISH_REASONS: "gen_ai.response.finish_reasons",
  /** Seconds from the request to the first chunk of a streamed answer. */
  RESPONSE_TIME_TO_FIRST_CHUNK: "gen_ai.response.time_to_first_chunk",
  REQUEST_STREAM: "gen_ai.request.stream",
  REQUEST_TEMPERATURE: "gen_ai.request.temperature",
  REQUEST_MAX_TOKENS: "gen_ai.request.max_tokens",
  INPUT_TOKENS: "gen_ai.usage.input_tokens",
  OUTPUT_TOKENS: "gen_ai.usage.output_tokens",
  CACHE_READ_INPUT_TOKENS: "gen_ai.usage.cache_read.input_tokens",
  CACHE_CREATION_INPUT_TOKENS: "gen_ai.usage.cache_creation.input_tokens",
  INPUT_MESSAGES: "gen_ai.input.messages",
  OUTPUT_MESSAGES: "gen_ai.output.messages",
  SYSTEM_INSTRUCTIONS: "gen_ai.system_instructions",
  AGENT_NAME: "gen_ai.agent.name",
  TOOL_NAME: "gen_ai.tool.name",
  TOOL_CALL_ARGUMENTS: "gen_ai.tool.call.arguments",
  TOOL_CALL_RESULT: "gen_ai.tool.call.result",
  CONVERSATION_ID: "gen_ai.conversation.id",
} as const;

/** Names of the general conventions that are shared with GenAI spans. */
export const GENERAL = {
  SERVICE_NAME: "service.name",
  SERVICE_INSTANCE_ID: "service.instance.id",
  USER_ID: "user.id",
  SESSION_ID: "session.id",
  ERROR_TYPE: "error.type",
  EXCEPTION_TYPE: "exception.type",
  EXCEPTION_MESSAGE: "exception.message",
  EXCEPTION_STACKTRACE: "exception.stacktrace",
} as const;

/** Our own names. They travel as attributes, so that a span means the same in every OpenTelemetry backend. */
export const TRACING = {
  /** `true` on a span that `TraceContext.run` opened a trace with. */
  ROOT: "tracing.root",
  PIPELINE_NAME: "tracing.pipeline.name",
  /** `pipeline | agent | llm | tool | retrieval | step` */
  SPAN_KIND: "tracing.span.kind",
  TELEGRAM_ID: "tracing.telegram.id",
  TAGS: "tracing.tags",
  /** JSON text. */
  METADATA: "tracing.metadata",
  /** JSON text of what a span was given. */
  INPUT: "tracing.input",
  /** JSON text of what a span returned. */
  OUTPUT: "tracing.output",
  /** JSON text of an array of `{ name, value, comment? }`. */
  SCORES: "tracing.scores",
  /** US dollars as a decimal string. */
  COST_USD: "tracing.cost.usd",
  /** Where a cost comes from: `provider`, or the price list and its version. */
  COST_SOURCE: "tracing.cost.source",
  /** `true` on a span that never ended because its process did; only in spans sent over OTLP. */
  INTERRUPTED: "tracing.interrupted",
  /** What of a span is not all there, such as `events` or `input`; only in spans sent over OTLP. */
  CLAMPED: "tracing.clamped",
  /** Why a span ended before what its call returned did: `thenable | stream`. */
  RESULT_UNFOLLOWED: "tracing.result.unfollowed",
  /** How many chunks a streamed answer came in. */
  STREAM_CHUNKS: "tracing.stream.chunks",
  /** How a streamed answer ended: `consumed | stopped | aborted | failed | abandoned`. */
  STREAM_OUTCOME: "tracing.stream.outcome",
  /** `true` on the span of an iteration that nobody finished. */
  ITERATION_ABANDONED: "tracing.iteration.abandoned",
} as const;

/** Names that came before today's, by the name that replaced them; read when the current one is absent, never written. */
export const LEGACY_NAMES: Readonly<Record<string, readonly string[]>> = {
  [GEN_AI.OPERATION_NAME]: ["ai.operationId", "llm.request.type"],
  [GEN_AI.PROVIDER_NAME]: ["gen_ai.system", "ai.model.provider", "llm.vendor"],
  [GEN_AI.REQUEST_MODEL]: ["ai.model.id", "llm.request.model"],
  [GEN_AI.RESPONSE_MODEL]: ["ai.response.model", "llm.response.model"],
  [GEN_AI.INPUT_TOKENS]: [
    "gen_ai.usage.prompt_tokens",
    "ai.usage.inputTokens",
    "ai.usage.promptTokens",
    "llm.usage.prompt_tokens",
  ],
  [GEN_AI.OUTPUT_TOKENS]: [
    "gen_ai.usage.completion_tokens",
    "ai.usage.outputTokens",
    "ai.usage.completionTokens",
    "llm.usage.completion_tokens",
  ],
  [GEN_AI.CACHE_READ_INPUT_TOKENS]: ["gen_ai.usage.cache_read_input_tokens", "ai.usage.cachedInputTokens"],
  [GEN_AI.CACHE_CREATION_INPUT_TOKENS]: ["gen_ai.usage.cache_creation_input_tokens"],
  [GEN_AI.INPUT_MESSAGES]: ["gen_ai.prompt", "ai.prompt.messages", "ai.prompt"],
  [GEN_AI.OUTPUT_MESSAGES]: ["gen_ai.completion", "ai.response.text", "ai.response.object"],
  [GEN_AI.TOOL_CALL_ARGUMENTS]: ["ai.toolCall.args"],
  [GEN_AI.TOOL_CALL_RESULT]: ["ai.toolCall.result"],
  [GEN_AI.CONVERSATION_ID]: ["session.id"],
  [TRACING.COST_USD]: ["gen_ai.usage.cost", "gen_ai.usage.total_cost", "llm.usage.total_cost"],
};

/** Operations whose usage counts; agent, workflow and framework spans restate what these already said. */
export const COUNTED_OPERATIONS: ReadonlySet<string> = new Set([
  "chat",
  "text_completion",
  "generate_content",
  "embeddings",
]);

/** The instrumentation scope of spans made by this library. */
export const SCOPE_NAME = "@app/tracing";
