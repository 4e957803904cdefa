import { type Attributes, diag, trace as spans } from "@opentelemetry/api";
import type { CaptureSettings } from "../capture/settings.ts";
import { GEN_AI, TRACING } from "../conventions/attributes.ts";
import { toDecimal } from "../conventions/decimal.ts";
import { cleanAttributes, toContentAttributes } from "./content.ts";
import { quietly } from "./quietly.ts";
import { currentRuntime } from "./runtime.ts";

/** Tokens of one model call, as the provider reports them. */
export interface GenerationUsage {
  /** All input tokens, those read from or written to a cache among them. */
  inputTokens?: number | undefined;
  /** All output tokens, those of reasoning among them. */
  outputTokens?: number | undefined;
  /** Input tokens read from a cache. */
  cacheReadTokens?: number | undefined;
  /** Input tokens written to a cache. */
  cacheCreationTokens?: number | undefined;
}

/** One call of a model. */
export interface Generation {
  /** E.g. `openai`, `anthropic`, `openrouter`. */
  provider: string;
  /** The model that was asked for. */
  model: string;
  /** The model that answered, where the provider tells. */
  responseModel?: string | undefined;
  /** @default "chat" */
  operation?: "chat" | "text_completion" | "generate_content" | "embeddings" | (string & {}) | undefined;
  /** Captured as JSON, redacted and bounded; not kept when capture of content is switched off. */
  inputMessages?: unknown;
  /** As `inputMessages`. */
  outputMessages?: unknown;
  /** As `inputMessages`. */
  systemInstructions?: unknown;
  /** Tokens, as the provider reports them. */
  usage?: GenerationUsage | undefined;
  /** What the provider says it cost, in US dollars. Left out, the cost is computed from the price list when it is stored. */
  costUsd?: number | string | null | undefined;
  /** Why the model stopped, e.g. `stop`. */
  finishReasons?: readonly string[] | undefined;
  /** The provider's id of the answer. */
  responseId?: string | undefined;
  /** As asked for. */
  temperature?: number | undefined;
  /** The most output tokens that were asked for. */
  maxTokens?: number | undefined;
}

/**
 * Says what the model was asked and answered, on the span that is active; outside of any does nothing.
 *
 * One span holds one generation: a later one replaces what an earlier one said. Numbers that cannot be are left out with
 * a warning. Never throws.
 */
export function recordGeneration(generation: Generation): void {
  const runtime = currentRuntime();
  const span = spans.getSpan(runtime.active());
  if (!span?.isRecording()) return;
  quietly("recording a generation", () =>
    span.setAttributes(toGenerationAttributes(generation, runtime.capture)),
  );
}

function toGenerationAttributes(generation: Generation, capture: CaptureSettings): Attributes {
  const { usage, operation = "chat" } = generation;
  const plain = cleanAttributes(
    {
      [GEN_AI.OPERATION_NAME]: operation,
      [GEN_AI.PROVIDER_NAME]: text(generation.provider),
      [GEN_AI.REQUEST_MODEL]: text(generation.model),
      [GEN_AI.RESPONSE_MODEL]: text(generation.responseModel),
      [GEN_AI.RESPONSE_ID]: text(generation.responseId),
      [GEN_AI.RESPONSE_FINISH_REASONS]: texts(generation.finishReasons),
    },
    capture,
  );
  const numbers = present({
    [GEN_AI.REQUEST_TEMPERATURE]: finite("temperature", generation.temperature),
    [GEN_AI.REQUEST_MAX_TOKENS]: count("maxTokens", generation.maxTokens),
    [GEN_AI.INPUT_TOKENS]: count("inputTokens", usage?.inputTokens),
    [GEN_AI.OUTPUT_TOKENS]: count("outputTokens", usage?.outputTokens),
    [GEN_AI.CACHE_READ_INPUT_TOKENS]: count("cacheReadTokens", usage?.cacheReadTokens),
    [GEN_AI.CACHE_CREATION_INPUT_TOKENS]: count("cacheCreationTokens", usage?.cacheCreationTokens),
    [TRACING.COST_USD]: cost(generation.costUsd),
  });
  if (!capture.content) return { ...plain, ...numbers };
  return {
    ...plain,
    ...numbers,
    ...toContentAttributes(GEN_AI.INPUT_MESSAGES, generation.inputMessages, capture),
    ...toContentAttributes(GEN_AI.OUTPUT_MESSAGES, generation.outputMessages, capture),
    ...toContentAttributes(GEN_AI.SYSTEM_INSTRUCTIONS, generation.systemInstructions, capture),
  };
}

function present(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Choices of one answer whose finish reasons are kept. */
const MAX_CHOICES = 100;

function texts(value: unknown): string[] | undefined {
  const kept = Array.isArray(value)
    ? value.slice(0, MAX_CHOICES).filter((item) => typeof item === "string")
    : [];
  return kept.length > 0 ? kept : undefined;
}

function count(option: string, value: unknown): number | undefined {
  return accepted(
    option,
    value,
    typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined,
  );
}

function finite(option: string, value: unknown): number | undefined {
  return accepted(option, value, typeof value === "number" && Number.isFinite(value) ? value : undefined);
}

function cost(value: unknown): string | undefined {
  return accepted("costUsd", value, toDecimal(value));
}

function accepted<T>(option: string, value: unknown, result: T | undefined): T | undefined {
  if (result === undefined && value !== undefined && value !== null) {
    diag.warn(`@app/tracing: ${option} of a generation is not a number that can be, and is left out.`);
  }
  return result;
}
