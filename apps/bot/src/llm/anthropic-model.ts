import { createAnthropic } from "@ai-sdk/anthropic";
import { tracedSpan } from "@app/tracing";
import { type GenerationSettings, generate } from "./generation.ts";
import type { CompletionRequest, LanguageModel } from "./language-model.ts";
import { DEFAULT_TIMEOUT_MS, type ProviderOptions } from "./provider-options.ts";

/** A model of Anthropic's own API. One `complete` is one request and one span. */
export function createAnthropicModel(options: ProviderOptions): LanguageModel {
  return new AnthropicModel(options);
}

class AnthropicModel implements LanguageModel {
  readonly provider = "anthropic";
  readonly model: string;
  readonly #settings: GenerationSettings;

  constructor({ apiKey, model, baseUrl, timeoutMs = DEFAULT_TIMEOUT_MS }: ProviderOptions) {
    const anthropic = createAnthropic({ apiKey, ...(baseUrl !== undefined && { baseURL: baseUrl }) });
    const { provider } = this;
    this.model = model;
    this.#settings = { provider, title: "Anthropic", model, sdkModel: anthropic(model), timeoutMs };
  }

  @tracedSpan("llm:anthropic", { kind: "llm", captureInput: false, captureOutput: false })
  complete(request: CompletionRequest): Promise<string> {
    return generate(this.#settings, request);
  }
}
