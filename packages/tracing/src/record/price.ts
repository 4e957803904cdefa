import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { diag } from "@opentelemetry/api";
import { calcPrice } from "@pydantic/genai-prices";
import { toDecimal } from "../conventions/decimal.ts";

export interface PriceQuery {
  provider: string | null;
  /** Most specific first; the first one that the list knows is used. */
  models: readonly string[];
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheCreationTokens: number;
  /** When the call was made: prices change. */
  at: Date;
}

export interface Price {
  /** Decimal text in US dollars. */
  usd: string;
  /** The list and its version. */
  source: string;
}

/** What the call cost by the bundled price list of `@pydantic/genai-prices`, or undefined when the list cannot tell. */
export function priceOf(query: PriceQuery): Price | undefined {
  const cached = query.cacheReadTokens + query.cacheCreationTokens;
  // The list takes cache tokens as a part of all input tokens; some providers report them beside these.
  const input = query.inputTokens >= cached ? query.inputTokens : query.inputTokens + cached;
  const usage = {
    input_tokens: input,
    output_tokens: query.outputTokens,
    ...(query.cacheReadTokens > 0 && { cache_read_tokens: query.cacheReadTokens }),
    ...(query.cacheCreationTokens > 0 && { cache_write_tokens: query.cacheCreationTokens }),
  };
  for (const model of query.models) {
    try {
      const found = calcPrice(usage, model, {
        timestamp: query.at,
        ...(query.provider !== null && { providerId: LISTED_AS.get(query.provider) ?? query.provider }),
      });
      const usd = toDecimal(found?.total_price);
      if (usd !== undefined) return { usd, source: priceListName() };
    } catch (error) {
      diag.debug(`No price for ${model}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return undefined;
}

/** Providers that the conventions and the list call by different names. */
const LISTED_AS: ReadonlyMap<string, string> = new Map([["x_ai", "x-ai"]]);

let name: string | undefined;

function priceListName(): string {
  name ??= `genai-prices ${installedVersion()}`;
  return name;
}

/** In a bundled program the list's own manifest is gone. */
function installedVersion(): string {
  try {
    const manifest = findPackageJSON("@pydantic/genai-prices", import.meta.url);
    const parsed: unknown = manifest ? JSON.parse(readFileSync(manifest, "utf8")) : undefined;
    const version = parsed && typeof parsed === "object" && "version" in parsed ? parsed.version : undefined;
    return typeof version === "string" ? version : "bundled";
  } catch (error) {
    diag.debug(`The version of the price list is unknown: ${error instanceof Error ? error.message : "?"}`);
    return "bundled";
  }
}
