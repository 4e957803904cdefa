export interface ProviderOptions {
  apiKey: string;
  /** The model's id at the provider. */
  model: string;
  /** Up to and including the version, e.g. `https://openrouter.ai/api/v1`. @default the provider's own */
  baseUrl?: string | undefined;
  /** How long one request may take. @default 60_000 */
  timeoutMs?: number | undefined;
}

export const DEFAULT_TIMEOUT_MS = 60_000;
