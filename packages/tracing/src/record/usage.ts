import type { Attributes } from "@opentelemetry/api";
import { COUNTED_OPERATIONS, GEN_AI, LEGACY_NAMES, TRACING } from "../conventions/attributes.ts";
import { toDecimal } from "../conventions/decimal.ts";
import { priceOf } from "./price.ts";

/** What a span says about a model call. */
export interface Usage {
  operation: string | null;
  provider: string | null;
  model: string | null;
  inputTokens: number | null;
  outputTokens: number | null;
  costUsd: string | null;
  costSource: string | null;
  /** Whether it enters the trace's totals; spans that restate what their children said do not. */
  counts: boolean;
}

/** Reads model, tokens and cost, under today's names or older ones; computes the cost when only tokens are known. */
export function usageOf(attributes: Attributes, at: Date): Usage {
  const provider = textOf(attributes, GEN_AI.PROVIDER_NAME);
  const requested = textOf(attributes, GEN_AI.REQUEST_MODEL);
  const responded = textOf(attributes, GEN_AI.RESPONSE_MODEL);
  const inputTokens = countOf(attributes, GEN_AI.INPUT_TOKENS);
  const outputTokens = countOf(attributes, GEN_AI.OUTPUT_TOKENS);
  const operation = operationOf(attributes);
  const counts = operation !== null && COUNTED_OPERATIONS.has(operation);
  const usage = { operation, provider, model: responded ?? requested, inputTokens, outputTokens, counts };

  const given = toDecimal(attributeOf(attributes, TRACING.COST_USD));
  if (given !== undefined) return { ...usage, costUsd: given, costSource: "provider" };
  // Half of the tokens would make half of a cost; an embedding has no output.
  const known = inputTokens !== null && (outputTokens !== null || operation === "embeddings");
  if (!counts || !known) return { ...usage, costUsd: null, costSource: null };
  const price = priceOf({
    provider,
    models: [responded, requested].filter((model) => model !== null),
    inputTokens,
    outputTokens: outputTokens ?? 0,
    cacheReadTokens: countOf(attributes, GEN_AI.CACHE_READ_INPUT_TOKENS) ?? 0,
    cacheCreationTokens: countOf(attributes, GEN_AI.CACHE_CREATION_INPUT_TOKENS) ?? 0,
    at,
  });
  return { ...usage, costUsd: price?.usd ?? null, costSource: price?.source ?? null };
}

/** The first non-empty value under a current name or one of its older ones. */
export function attributeOf(attributes: Attributes, name: string): unknown {
  const current = attributes[name];
  if (current !== undefined && current !== "") return current;
  for (const older of LEGACY_NAMES[name] ?? []) {
    const value = attributes[older];
    if (value !== undefined && value !== "") return value;
  }
  return undefined;
}

function textOf(attributes: Attributes, name: string): string | null {
  const value = attributeOf(attributes, name);
  return typeof value === "string" ? value : null;
}

function countOf(attributes: Attributes, name: string): number | null {
  const value = attributeOf(attributes, name);
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** The AI SDK names its own calls: the inner `do` span is the one request to a model, the outer one restates it. */
const OLDER_OPERATIONS: ReadonlyMap<string, string> = new Map([
  ["ai.generateText.doGenerate", "chat"],
  ["ai.streamText.doStream", "chat"],
  ["ai.generateObject.doGenerate", "chat"],
  ["ai.streamObject.doStream", "chat"],
  ["ai.embed.doEmbed", "embeddings"],
  ["ai.embedMany.doEmbed", "embeddings"],
  ["ai.toolCall", "execute_tool"],
  ["completion", "text_completion"],
  ["embedding", "embeddings"],
]);

function operationOf(attributes: Attributes): string | null {
  const stated = textOf(attributes, GEN_AI.OPERATION_NAME);
  return stated === null ? null : (OLDER_OPERATIONS.get(stated) ?? stated);
}
