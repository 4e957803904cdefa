import { describe, expect, it } from "vitest";
import { runChild } from "./run-child.ts";

describe("a rejection that nobody handles", () => {
  it.each([
    ["run", 1],
    ["span", 1],
  ])("is reported by Node with the same error, from a %s", async (kind, failed) => {
    expect(JSON.parse(await runChild("unhandled", [kind]))).toEqual({ same: true, failed });
  });

  it("is not invented where it is handled", async () => {
    expect(await runChild("unhandled", ["handled"])).toBe("");
  });
});

it("an abandoned iteration ends its span when it is collected, but not while its iterator is in use", async () => {
  expect(JSON.parse(await runChild("abandoned", [], ["--expose-gc"]))).toEqual({
    abandoned: true,
    heldEndedEarly: false,
    heldEnded: "[1,2]",
  });
});
