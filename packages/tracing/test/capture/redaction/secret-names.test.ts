import { describe, expect, it } from "vitest";
import { createRedactor } from "../../../src/capture/redaction/redact.ts";
import { isSecretName } from "../../../src/capture/redaction/secret-names.ts";
import { GEN_AI, GENERAL, LEGACY_NAMES, TRACING } from "../../../src/conventions/attributes.ts";

describe("isSecretName", () => {
  it.each([
    ["authorization", "Authorization", "Proxy-Authorization", "http.request.header.authorization"],
    [
      "token",
      "TOKEN",
      "access_token",
      "accessToken",
      "authtoken",
      "BOT_TOKEN",
      "x-auth-token",
      "idToken",
      "token_value",
    ],
    ["refresh_tokens", "accessTokens", "apitokens"],
    ["apiKey", "api_key", "x-api-key", "API-KEY", "API KEY", "apikey", "OPENAI_API_KEY", "apiKeys"],
    [
      "password",
      "passwd",
      "pwd",
      "user.password",
      "dbPassword",
      "password_hash",
      "DB_PASS",
      "smtpPass",
      "pass",
    ],
    ["secret", "client_secret", "clientSecret", "SECRETS", "aws_secret_access_key"],
    ["cookie", "Cookie", "set-cookie", "cookies", "PHPSESSID"],
    ["credential", "credentials", "awsCredentials", "creds"],
    ["privateKey", "private_key", "PRIVATE-KEY", "sshKey", "encryption_key", "service_role_key"],
    ["sessionToken", "session_token", "session-key"],
    ["connectionString", "connection_string", "connStr", "db.connection_string"],
    ["bearer", "jwt", "otp", "auth", "basicAuth", "X-Amz-Signature"],
  ])("knows %s and its kin", (...names) => {
    expect(names.filter((name) => !isSecretName(name))).toEqual([]);
  });

  it.each([
    [
      "input_tokens",
      "max_tokens",
      "maxTokens",
      "totalTokens",
      "tokenCount",
      "tokens",
      "tokenizer",
      "token_count",
    ],
    ["gen_ai.usage.input_tokens", "gen_ai.usage.cache_read.input_tokens", "gen_ai.request.max_tokens"],
    [
      "tokens_per_second",
      "time_to_first_token",
      "eos_token",
      "pad_token_id",
      "token_type",
      "tokenLimit",
      "maxToken",
    ],
    ["paid_tokens", "token_ids", "tokenUsage", "promptTokens", "completion_tokens"],
    ["author", "authority", "secretary", "passed", "bypass", "compass", "passenger", "passing"],
    ["key", "keys", "publicKey", "primaryKey", "cacheKey", "idempotency_key", "monkey"],
    ["session.id", "sessionId", "userId", "signature", "name", "content", "role", "message", ""],
  ])("leaves %s and its kin alone", (...names) => {
    expect(names.filter((name) => isSecretName(name))).toEqual([]);
  });

  it("leaves the names of the conventions alone", () => {
    const names = [GEN_AI, GENERAL, TRACING].flatMap((group) => Object.values<string>(group));
    const legacy = Object.values(LEGACY_NAMES).flat();
    expect([...names, ...legacy].filter((name) => isSecretName(name))).toEqual([]);
  });

  it("looks at both ends of a very long name", () => {
    expect(isSecretName(`${"x".repeat(1_000_000)}_password`)).toBe(true);
    expect(isSecretName(`password_${"x".repeat(1_000_000)}`)).toBe(true);
    expect(isSecretName("x".repeat(1_000_000))).toBe(false);
  });

  it("takes more names from the service, in any spelling", () => {
    const { isSecretName: withMore } = createRedactor({ names: ["Shoe Size", /^internal_/g] });
    const names = ["shoe_size", "shoeSize", "internal_note", "internal_memo", "password"];
    expect(names.filter((name) => !withMore(name))).toEqual([]);
    expect(withMore("shoe")).toBe(false);
  });
});
