import type { LanguageModel } from "./language-model.ts";
import { type RetryOptions, withRetries } from "./with-retries.ts";

export const DEFAULT_OPENROUTER_MODEL = "anthropic/claude-sonnet-4.5";
export const DEFAULT_ANTHROPIC_MODEL = "claude-sonnet-4-5";

/** Which coach answers. */
export type ModelConfig =
  | { provider: "offline" }
  | {
      provider: "openrouter" | "anthropic";
      apiKey: string;
      /** @default {@link DEFAULT_OPENROUTER_MODEL} or {@link DEFAULT_ANTHROPIC_MODEL} */
      model?: string | undefined;
      /** Up to and including the version. @default the provider's own */
      baseUrl?: string | undefined;
      /** How long one request may take. @default 60_000 */
      timeoutMs?: number | undefined;
    };

/** The model that is configured, asked again when it is busy. Loads what that provider needs, and only that. */
export async function createModel(config: ModelConfig, retries: RetryOptions = {}): Promise<LanguageModel> {
  switch (config.provider) {
    case "offline": {
      const { createOfflineModel } = await import("./offline/offline-model.ts");
      return createOfflineModel();
    }
    case "openrouter": {
      const { createOpenRouterModel } = await import("./openrouter-model.ts");
      const { model = DEFAULT_OPENROUTER_MODEL } = config;
      return withRetries(createOpenRouterModel({ ...config, model }), retries);
    }
    case "anthropic": {
      const { createAnthropicModel } = await import("./anthropic-model.ts");
      const { model = DEFAULT_ANTHROPIC_MODEL } = config;
      return withRetries(createAnthropicModel({ ...config, model }), retries);
    }
  }
}
