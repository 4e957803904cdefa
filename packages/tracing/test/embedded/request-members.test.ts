import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BodyError, toRequestMembers } from "../../src/embedded/request-members.ts";

const members = (text: string, maxDepth = 100) => Object.fromEntries(toRequestMembers(text, maxDepth));

describe("toRequestMembers", () => {
  it("hands out each member's text as it came", () => {
    expect(members(' { "a" : 12345678901234567890 , "b\\u0041":[ 1, {"x": "]}\\""} ],"c":"\\\\" } ')).toEqual(
      {
        a: "12345678901234567890",
        bA: '[ 1, {"x": "]}\\""} ]',
        c: '"\\\\"',
      },
    );
    expect(members("{}")).toEqual({});
  });

  it("finds the members of any JSON object", () => {
    const value = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue());
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 2, "\t"), (object, space) => {
        const found = toRequestMembers(JSON.stringify(object, null, space), 1_000);
        const parsed = [...found].map(([name, text]) => [name, JSON.parse(text)]);
        expect(parsed).toEqual(Object.entries(JSON.parse(JSON.stringify(object))));
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    "",
    "[]",
    "{",
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,}',
    '{"a":}',
    "{a:1}",
    '{"a":1} x',
    '{"a":1]',
    '{"a":"x}',
    '{"\\x":1}',
  ])("refuses %j", (text) => {
    expect(() => members(text)).toThrow(BodyError);
  });

  it("refuses what is nested too deep, and does not count brackets in texts", () => {
    const nested = (depth: number): string =>
      `{"a":${"[".repeat(depth)}"${"[".repeat(999)}"${"]".repeat(depth)}}`;
    expect(() => members(nested(100))).not.toThrow();
    expect(() => members(nested(101))).toThrow(expect.objectContaining({ reason: "too-deep" }));
  });
});
