import { describe, expect, it } from "vitest";
import { peersCheck } from "../../../src/cli/doctor/packages.ts";
import { examine, failed } from "./examination.ts";

describe("the optional packages", () => {
  it("are listed, and none is missed where no store needs it", async () => {
    const findings = await examine(peersCheck);
    expect(failed(findings)).toEqual([]);
    expect(findings.at(-1)?.message).toMatch(
      /^Installed: @insforge\/sdk 1\..*, pg 8\..*, @electric-sql\/pglite 0\./,
    );
  });
});
