import { describe, expect, it } from "vitest";
import { type PriceQuery, priceOf } from "../../src/record/price.ts";

const query: PriceQuery = {
  provider: "openai",
  models: ["gpt-4o"],
  inputTokens: 1_000,
  outputTokens: 100,
  cacheReadTokens: 0,
  cacheCreationTokens: 0,
  at: new Date("2026-11-24T10:00:00Z"),
};

describe("the price of a call", () => {
  it("is a plain decimal with the list and version it is from", () => {
    expect(priceOf(query)).toEqual({ usd: "0.0035", source: expect.stringMatching(/^genai-prices \d/) });
  });

  it.each([
    ["openai.chat", "gpt-4o"],
    ["azure.ai.openai", "gpt-4o"],
    ["anthropic.messages", "claude-sonnet-4-5"],
    ["gcp.gemini", "gemini-2.5-flash"],
    ["aws.bedrock", "anthropic.claude-3-5-sonnet-20240620-v1:0"],
    ["mistral_ai", "mistral-large-latest"],
    ["x_ai", "grok-3"],
    ["openrouter", "openai/gpt-4o"],
  ])("is known by the conventions' name %s of a provider", (provider, model) => {
    expect(Number(priceOf({ ...query, provider, models: [model] })?.usd)).toBeGreaterThan(0);
  });

  it("goes by the first model that the list knows", () => {
    expect(priceOf({ ...query, models: ["nobody's", "gpt-4o"] })).toEqual(priceOf(query));
  });

  it.each([{ models: ["nobody's"] }, { models: [] }, { provider: "nobody" }])(
    "is unknown for %j",
    (unknown) => {
      expect(priceOf({ ...query, ...unknown })).toBeUndefined();
    },
  );

  it("carries no noise of binary fractions", () => {
    const usd = priceOf({ ...query, provider: "anthropic", models: ["claude-sonnet-4-5"] })?.usd;
    expect(usd).toBe("0.0045");
  });

  it("takes cached tokens that come beside the input tokens for a part of all", () => {
    const beside = { inputTokens: 200, cacheReadTokens: 800 };
    const within = { inputTokens: 1_000, cacheReadTokens: 800 };
    expect(priceOf({ ...query, ...beside })).toEqual(priceOf({ ...query, ...within }));
  });

  it("depends on when the call was made", () => {
    const models = ["gpt-4o"];
    const early = priceOf({ ...query, models, at: new Date("2024-06-01T00:00:00Z") });
    expect(Number(early?.usd)).toBeGreaterThanOrEqual(Number(priceOf({ ...query, models })?.usd));
  });
});
