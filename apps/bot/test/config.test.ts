import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "../src/config.ts";

const token = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr";

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("readConfig", () => {
  it("runs locally with the offline coach when nothing is set, with user 1 as its admin", () => {
    expect(readConfig({})).toEqual({
      telegram: { mode: "local", port: 8081 },
      adminIds: new Set([1]),
      model: { provider: "offline" },
      transcription: undefined,
      dataDir: resolve(".data"),
      logLevel: "info",
      secrets: [],
    });
  });

  it("takes an empty variable as one that is not set", () => {
    expect(readConfig({ TELEGRAM_BOT_TOKEN: "", ADMIN_IDS: " ", OPENROUTER_API_KEY: "" })).toEqual(
      readConfig({}),
    );
  });

  it("runs on Telegram with a token, and has no admin unless one is named", () => {
    expect(readConfig({ TELEGRAM_BOT_TOKEN: token })).toMatchObject({
      telegram: { mode: "remote", token, apiRoot: "https://api.telegram.org" },
      adminIds: new Set(),
    });
    expect(readConfig({ TELEGRAM_BOT_TOKEN: token, ADMIN_IDS: "42, 99" }).adminIds).toEqual(
      new Set([42, 99]),
    );
  });

  it("takes another Bot API server, with or without a slash at its end", () => {
    const env = { TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: "http://127.0.0.1:8081/" };
    expect(readConfig(env).telegram).toMatchObject({ apiRoot: "http://127.0.0.1:8081" });
  });

  it.each([
    [{ OPENROUTER_API_KEY: "sk-or-123456" }, "openrouter"],
    [{ ANTHROPIC_API_KEY: "sk-ant-123456" }, "anthropic"],
    [{ ANTHROPIC_API_KEY: "sk-ant-123456", OPENROUTER_API_KEY: "sk-or-123456" }, "openrouter"],
    [{ ANTHROPIC_API_KEY: "sk-ant-123456", LLM_PROVIDER: "offline" }, "offline"],
  ])("chooses the model's provider from %j: %s", (env, provider) => {
    expect(readConfig(env).model.provider).toBe(provider);
  });

  it("names everything that is wrong at once, with what is expected", () => {
    const problems = problemsOf({
      TELEGRAM_API_ROOT: "telegram",
      ADMIN_IDS: "me",
      LLM_PROVIDER: "gpt",
      LLM_TIMEOUT_MS: "fast",
      LOCAL_TELEGRAM_PORT: "99999",
      LOG_LEVEL: "loud",
    });
    expect(problems).toEqual([
      'TELEGRAM_API_ROOT is "telegram"; expected: an address that begins with http:// or https://.',
      'ADMIN_IDS is "me"; expected: Telegram user ids separated by commas, such as 42,99.',
      'LLM_PROVIDER is "gpt"; expected: openrouter, anthropic or offline.',
      'LLM_TIMEOUT_MS is "fast"; expected: a whole number from 100 to 600000.',
      'LOCAL_TELEGRAM_PORT is "99999"; expected: a whole number from 0 to 65535.',
      'LOG_LEVEL is "loud"; expected: trace, debug, info, warn, error, fatal, silent.',
    ]);
  });

  it("takes spaces around the ids of admins", () => {
    expect(readConfig({ ADMIN_IDS: "  42 ,99,  7 " }).adminIds).toEqual(new Set([42, 99, 7]));
  });

  it.each(["-42", "4.2", "42;99", "42 99", "42,", "0x2a", "1e3", "４２", "9".repeat(16), "42,*"])(
    "takes no id for an admin that is none: %s",
    (ids) => {
      expect(problemsOf({ ADMIN_IDS: ids })).toEqual([
        `ADMIN_IDS is "${ids}"; expected: Telegram user ids separated by commas, such as 42,99.`,
      ]);
    },
  );

  it("names what is missing, and because of what", () => {
    expect(problemsOf({ INSFORGE_BASE_URL: "https://p.insforge.app", LLM_PROVIDER: "anthropic" })).toEqual([
      "INSFORGE_API_KEY is missing; INSFORGE_BASE_URL is set, and InsForge needs both.",
      "ANTHROPIC_API_KEY is missing; LLM_PROVIDER is anthropic.",
    ]);
  });

  it("names what is missing beside what is wrong", () => {
    expect(problemsOf({ INSFORGE_API_KEY: "ik_123456", LOG_LEVEL: "loud" })).toHaveLength(2);
  });

  it("never repeats a secret that is not accepted", () => {
    const env = {
      TELEGRAM_BOT_TOKEN: "hunter2 is my token",
      OPENROUTER_API_KEY: "hunter2 with spaces",
      DATABASE_URL: "mysql://root:hunter2@db/bot",
    };
    const problems = problemsOf(env);
    expect(problems).toHaveLength(3);
    expect(problems.join("\n")).not.toContain("hunter2");
  });

  it("collects the secrets that nothing may write", () => {
    const env = {
      TELEGRAM_BOT_TOKEN: token,
      ANTHROPIC_API_KEY: "sk-ant-123456",
      ASSEMBLYAI_API_KEY: "aai-123456",
      DATABASE_URL: "postgres://bot:p%40ss-word@db/bot",
    };
    expect(readConfig(env).secrets).toEqual([token, "sk-ant-123456", "aai-123456", "p@ss-word"]);
  });
});
