import { tracedSpan } from "@app/tracing";
import { createOpenRouter } from "@openrouter/ai-sdk-provider";
import { type GenerationSettings, generate } from "./generation.ts";
import type { CompletionRequest, LanguageModel } from "./language-model.ts";
import { DEFAULT_TIMEOUT_MS, type ProviderOptions } from "./provider-options.ts";

/** A model behind OpenRouter, or behind whatever speaks its protocol. One `complete` is one request and one span. */
export function createOpenRouterModel(options: ProviderOptions): LanguageModel {
  return new OpenRouterModel(options);
}

class OpenRouterModel implements LanguageModel {
  readonly provider = "openrouter";
  readonly model: string;
  readonly #settings: GenerationSettings;

  constructor({ apiKey, model, baseUrl, timeoutMs = DEFAULT_TIMEOUT_MS }: ProviderOptions) {
    const openrouter = createOpenRouter({
      apiKey,
      compatibility: "strict",
      ...(baseUrl !== undefined && { baseURL: baseUrl }),
    });
    const { provider } = this;
    const sdkModel = openrouter.chat(model, { usage: { include: true } });
    this.model = model;
    this.#settings = { provider, title: "OpenRouter", model, sdkModel, timeoutMs };
  }

  @tracedSpan("llm:openrouter", { kind: "llm", captureInput: false, captureOutput: false })
  complete(request: CompletionRequest): Promise<string> {
    return generate(this.#settings, request);
  }
}
