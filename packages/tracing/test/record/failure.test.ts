import { describe, expect, it } from "vitest";
import { fingerprintOf } from "../../src/record/failure.ts";
import { failed, recordOf } from "./spans.ts";

const print = (message: string, type = "Error", name = "llm:openai") =>
  fingerprintOf(name, { type, message, stack: null });

describe("failures of one cause share a fingerprint, whatever differs in", () => {
  it.each([
    ["numbers", "Timed out after 3012 ms", "Timed out after 87 ms"],
    ["UUIDs", "No user 5f0c8a7e-9b1d-4c55-8a1e-2f3b4c5d6e7f", "No user 00000000-9b1d-4c55-8a1e-aaaaaaaaaaaa"],
    ["hexadecimal ids", "Trace deadbeefcafe is gone", "Trace 0af7651916cd43dd8448eb211c80319c is gone"],
    ["ids with a prefix", "Run run_01HQXYZAbc failed", "Run run_7zK failed"],
    ["double quotes", 'Unexpected token "a" in JSON', 'Unexpected token "zz z" in JSON'],
    ["single quotes", "Column 'price' is missing", "Column 'user name' is missing"],
    ["backticks", "No model `gpt-4o`", "No model `claude`"],
    [
      "a quoted value that is longer than what is looked at",
      `Bad answer "${"a ".repeat(2_000)}" here`,
      `Bad answer "${"b c".repeat(2_000)}" there`,
    ],
    ["addresses", "connect ECONNREFUSED 10.0.0.7:5432", "connect ECONNREFUSED 127.0.0.1:80"],
    ["later lines", "It failed\nbecause of A", "It failed\nbecause of B"],
  ])("%s", (_, one, other) => {
    expect(print(one)).toBe(print(other));
  });

  it("the secrets in them, which are replaced before", () => {
    const one = recordOf(failed("Error", `bad key sk-${"abcd".repeat(10)} given`));
    const other = recordOf(failed("Error", `bad key sk-${"wxyz".repeat(12)} given`));
    expect(one.fingerprint).toBe(other.fingerprint);
  });
});

describe("failures of different causes do not", () => {
  it.each([
    ["words", print("Timed out"), print("Refused")],
    ["types", print("no", "RangeError"), print("no", "TypeError")],
    ["spans", print("no", "Error", "llm:openai"), print("no", "Error", "llm:anthropic")],
    ["what follows an apostrophe", print("can't reach the model"), print("can't parse the answer")],
  ])("share their %s", (_, one, other) => {
    expect(one).not.toBe(other);
  });
});

it("a fingerprint is 16 hex digits, of an empty failure as well", () => {
  expect(fingerprintOf("", { type: null, message: null, stack: null })).toMatch(/^[0-9a-f]{16}$/);
});
