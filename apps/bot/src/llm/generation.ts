import { recordGeneration } from "@app/tracing";
import { type LanguageModel as AiSdkModel, generateText } from "ai";
import { type CompletionRequest, ModelError } from "./language-model.ts";
import { toModelError } from "./to-model-error.ts";

/** How a provider is asked. */
export interface GenerationSettings {
  /** As spans name it, e.g. `openrouter`. */
  provider: string;
  /** As people write it, e.g. `OpenRouter`. */
  title: string;
  /** The model's id at the provider. */
  model: string;
  sdkModel: AiSdkModel;
  timeoutMs: number;
}

type Result = Awaited<ReturnType<typeof generateText>>;

/** The longest strategy has about 6,000 tokens. */
const MAX_OUTPUT_TOKENS = 8_000;

/**
 * Asks once, and tells the active span what was asked and answered. Retries and telemetry of the AI SDK are off, so that
 * one call is one request.
 *
 * @throws {ModelError}, or the reason of the request's signal when that is aborted.
 */
export async function generate(settings: GenerationSettings, request: CompletionRequest): Promise<string> {
  const { provider, title, model, timeoutMs } = settings;
  const asked = { provider, model, inputMessages: request.messages, maxTokens: MAX_OUTPUT_TOKENS };
  request.signal.throwIfAborted();
  // Told before the answer is there, so that a failed attempt shows what it was asked, too.
  recordGeneration(asked);
  const timeout = AbortSignal.timeout(timeoutMs);
  let result: Result;
  try {
    result = await send(settings, request, AbortSignal.any([request.signal, timeout]));
  } catch (error) {
    request.signal.throwIfAborted();
    if (timeout.aborted) {
      throw new ModelError("timeout", `${title} gave no answer within ${timeoutMs / 1_000} s.`);
    }
    throw toModelError(error, { title, model });
  }
  recordGeneration({ ...asked, ...toAnswered(result) });
  if (result.finishReason === "content-filter") {
    throw new ModelError("refused", `${title} withheld the answer of ${model}: its content filter objects.`);
  }
  if (result.finishReason === "error" || result.text.trim() === "") {
    throw new ModelError("busy", `${title} gave no text as the answer of ${model} (${result.finishReason}).`);
  }
  return result.text;
}

function send({ sdkModel }: GenerationSettings, { messages }: CompletionRequest, abortSignal: AbortSignal) {
  const instructions = messages.flatMap(({ role, content }) => (role === "system" ? [content] : []));
  return generateText({
    model: sdkModel,
    instructions: instructions.join("\n\n"),
    messages: messages.flatMap(({ role, content }) => (role === "system" ? [] : [{ role, content }])),
    maxOutputTokens: MAX_OUTPUT_TOKENS,
    maxRetries: 0,
    telemetry: { isEnabled: false },
    abortSignal,
  });
}

function toAnswered({ text, response, finishReason, usage, providerMetadata }: Result) {
  return {
    outputMessages: [{ role: "assistant", content: text }],
    responseModel: response.modelId,
    responseId: response.id,
    finishReasons: [finishReason],
    usage: toUsage(usage),
    costUsd: costOf(providerMetadata),
  };
}

/** The SDK counts 0 for what the provider did not tell, and no call takes nothing. */
function toUsage({ inputTokens, outputTokens, inputTokenDetails }: Result["usage"]) {
  if (!inputTokens && !outputTokens) return undefined;
  return {
    inputTokens,
    outputTokens,
    cacheReadTokens: inputTokenDetails.cacheReadTokens,
    cacheCreationTokens: inputTokenDetails.cacheWriteTokens,
  };
}

/** OpenRouter's usage accounting says what the call was charged. */
function costOf(metadata: Result["providerMetadata"]): number | undefined {
  const usage = metadata?.openrouter?.usage;
  if (typeof usage !== "object" || usage === null || !("cost" in usage)) return undefined;
  return typeof usage.cost === "number" ? usage.cost : undefined;
}
