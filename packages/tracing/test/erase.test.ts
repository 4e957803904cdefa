import { describe, expect, it } from "vitest";
import { type ErasureTarget, eraseEverywhere, toErasureFilter } from "../src/erase.ts";

describe("toErasureFilter", () => {
  it("takes one target, with how long it is remembered", () => {
    expect(toErasureFilter({ userId: 7 }, { rememberDays: 90 })).toEqual({ userId: 7, rememberDays: 90 });
    expect(toErasureFilter({ telegramId: 7n })).toEqual({ telegramId: 7n });
  });

  it.each<[unknown, RegExp]>([
    [{}, /given none of userId, telegramId, traceId; accepted: one/],
    [{ userId: undefined }, /given none/],
    [{ userId: 7, traceId: "0".repeat(32) }, /given 2 of/],
    [{ sessionId: "s" }, /erase\.sessionId is not an option; accepted: erase\.userId/],
    [{ before: "2026-01-01" }, /erase\.before is not an option/],
  ])("refuses %j", (target, reason) => {
    expect(() => toErasureFilter(target as ErasureTarget)).toThrow(reason);
  });
});

describe("eraseEverywhere", () => {
  const nowhere = { client: undefined, spoolDirs: [] };

  it.each([
    [{ userId: "" }, /filter\.userId is ""; accepted: a non-empty text/],
    [{ traceId: "0af7" }, /filter\.traceId is "0af7"; accepted: 32/],
    [{ userId: 7, rememberDays: 0.5 }, /filter\.rememberDays is 0\.5; accepted: a whole number of days/],
  ])("refuses %j before it touches anything", async (filter, reason) => {
    await expect(eraseEverywhere(filter, nowhere)).rejects.toThrow(reason);
  });

  it("asks a store that is too old to be migrated, and erases nothing", async () => {
    const asked: string[] = [];
    const rpc = async (fn: string) => {
      asked.push(fn);
      return 5;
    };
    await expect(eraseEverywhere({ userId: 7 }, { ...nowhere, client: { rpc } })).rejects.toMatchObject({
      code: "schema-missing",
      message: expect.stringMatching(/has version 5.*Run `tracing migrate`/),
    });
    expect(asked).toEqual(["schema_version"]);
  });
});
