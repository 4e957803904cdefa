import { describe, expect, it } from "vitest";
import { toStoreError } from "../../src/insforge/answer.ts";
import type { StoreErrorKind } from "../../src/store/store-client.ts";

interface Given {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

function errorOf({ status, headers, body = "" }: Given) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return toStoreError({ status, headers: new Headers(headers), text });
}

const gateway = (status: number, error: string, message: string): Given => ({
  status,
  body: { error, message, statusCode: status },
});
const postgrest = (status: number, code: string, message = "no", details: string | null = null): Given => ({
  status,
  body: { code, message, details, hint: null },
});

const KINDS: [StoreErrorKind, string, Given][] = [
  ["unauthorized", "a wrong key", gateway(401, "AUTH_INVALID_API_KEY", "Invalid API key")],
  ["unauthorized", "no key", gateway(401, "AUTH_INVALID_CREDENTIALS", "No token provided")],
  ["unauthorized", "a bad token", gateway(401, "AUTH_UNAUTHORIZED", "Invalid token")],
  [
    "unauthorized",
    "a role without the right",
    postgrest(403, "42501", "permission denied for schema tracing"),
  ],
  ["unauthorized", "the anonymous role", postgrest(401, "42501", "permission denied for schema tracing")],
  ["unauthorized", "a bare 403", { status: 403 }],
  ["schema-missing", "an unknown function", postgrest(404, "PGRST202")],
  ["schema-missing", "arguments of another version", postgrest(404, "42883")],
  ["schema-missing", "a missing table", postgrest(404, "42P01")],
  ["schema-missing", "a missing schema", postgrest(400, "3F000")],
  ["schema-missing", "an empty object as 404", { status: 404, body: {} }],
  ["schema-missing", "an unexposed schema", postgrest(406, "PGRST106")],
  [
    "too-large",
    "a proxy's 413",
    { status: 413, body: "<html><title>413 Request Entity Too Large</title></html>" },
  ],
  ["too-large", "InsForge's 500 for size", gateway(500, "INTERNAL_ERROR", "request entity too large")],
  ["rejected", "a NUL in jsonb", postgrest(400, "22P05")],
  ["rejected", "a lone surrogate", postgrest(400, "22P02")],
  ["rejected", "a duplicate key", postgrest(409, "23505")],
  ["rejected", "a violated check", postgrest(400, "23514")],
  ["rejected", "an exception raised in SQL", postgrest(400, "P0001")],
  ["rejected", "a bare 400", { status: 400 }],
  ["rejected", "a bare 422", { status: 422, body: "unprocessable" }],
  ["unavailable", "an internal error", gateway(500, "INTERNAL_ERROR", "fetch failed")],
  ["unavailable", "a gateway's page", { status: 502, body: "<html><title>502 Bad Gateway</title></html>" }],
  ["unavailable", "a time-out", { status: 408 }],
  ["unavailable", "a rate limit", { status: 429, body: "slow down" }],
  ["unavailable", "a rate limit in SQL", postgrest(429, "PT429")],
  ["unavailable", "too many connections", postgrest(503, "53300")],
  ["unavailable", "a cancelled statement", postgrest(500, "57014")],
  ["unavailable", "a deadlock", postgrest(500, "40P01")],
  ["unavailable", "a lock that is not to be had", postgrest(500, "55P03")],
  ["unavailable", "an index row too large", postgrest(500, "54000")],
  ["unavailable", "a column of another version", postgrest(400, "42703")],
  ["unavailable", "a read-only standby", postgrest(405, "25006")],
  [
    "unavailable",
    "a web server's page for 400",
    { status: 400, body: "<html><head><title>400 Bad Request</title>" },
  ],
  ["unreachable", "a redirect", { status: 308, headers: { location: "https://x.example/api?token=abc" } }],
  ["unreachable", "an unexpected success", { status: 202 }],
];

describe("an answer of InsForge", () => {
  it.each(KINDS)("is %s for %s", (kind, _, given) => {
    expect(errorOf(given)).toMatchObject({ name: "StoreError", kind, status: given.status });
  });

  it("names status and code, and says what to do", () => {
    expect(errorOf(gateway(401, "AUTH_INVALID_API_KEY", "Invalid API key"))).toMatchObject({
      code: "AUTH_INVALID_API_KEY",
      message:
        "InsForge answers 401 (AUTH_INVALID_API_KEY): Invalid API key. Set INSFORGE_API_KEY to the project's API key (ik_...).",
    });
    expect(errorOf(postgrest(404, "PGRST202", "Could not find it")).message).toContain("`tracing migrate`");
    expect(errorOf(postgrest(406, "PGRST106")).message).toContain(
      "upgrade InsForge to a release of mid-2026",
    );
  });

  it("names where a redirect goes, without its query", () => {
    const { message } = errorOf({ status: 307, headers: { location: "https://x.example/api?token=abc" } });
    expect(message).toContain("https://x.example/api:");
    expect(message).not.toContain("abc");
  });

  it("says so when a page comes instead of an answer", () => {
    const { message } = errorOf({
      status: 404,
      headers: { "content-type": "text/html" },
      body: "<h1>Welcome</h1>",
    });
    expect(message).toContain("web page");
    expect(message).toContain("INSFORGE_BASE_URL");
  });

  it("carries how long to wait only where waiting helps", () => {
    const headers = { "retry-after": "3" };
    expect(errorOf({ status: 429, headers }).retryAfterMs).toBe(3_000);
    expect(errorOf({ status: 503, headers }).retryAfterMs).toBe(3_000);
    expect(errorOf({ status: 400, headers }).retryAfterMs).toBeUndefined();
  });

  it("keeps what is echoed of a row out of its message", () => {
    const secret = "the patient said";
    const row = `Failing row contains (7, ${secret}).`;
    const given = [
      postgrest(400, "23514", "new row violates check", row),
      postgrest(400, "23514", `new row violates check. ${row}`),
      postgrest(
        409,
        "23505",
        `duplicate key value violates "spans_pkey" Key (name)=(${secret}) already exists.`,
      ),
      postgrest(400, "22P02", `invalid input syntax for type bigint: "${secret}"`),
      postgrest(400, "22007", `invalid input syntax for type timestamp: "${secret}", and "${secret}"`),
    ];
    for (const one of given) expect(errorOf(one).message).not.toContain(secret);
    expect(errorOf(postgrest(400, "22P02", `invalid input syntax for type bigint: "x"`)).message).toContain(
      "type bigint",
    );
  });

  it("redacts secrets, joins lines and bounds what it repeats", () => {
    const { message } = errorOf({
      status: 500,
      body: `no\n\n route Authorization: Bearer ik_${"0123456789abcdef".repeat(2)}`,
    });
    expect(message).not.toContain("0123456789abcdef");
    expect(message).not.toContain("\n");
    expect(errorOf({ status: 500, body: "x".repeat(1_000_000) }).message.length).toBeLessThan(400);
  });

  it.each([
    "",
    "null",
    "[]",
    "7",
    "{",
    '{"code":{},"message":[]}',
    '{"error":{"nested":true}}',
    "\u0000\ud800",
  ])("survives the body %j", (body) => {
    expect(errorOf({ status: 500, body })).toMatchObject({ kind: "unavailable", code: undefined });
  });
});
