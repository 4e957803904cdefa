import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { toTrouble } from "../../src/cli/store-trouble.ts";
import { StoreError } from "../../src/store/store-client.ts";
import { captureRun } from "./captured-run.ts";
import { REFUSALS, startRefusingServer, unusedAddress } from "./refusing-server.ts";

const text = readFileSync(new URL("../../../../docs/insforge.md", import.meta.url), "utf8");
const rows = text
  .slice(text.indexOf("## When something is wrong"))
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .slice(2);
const says = rows.map((row) => row.split("|")[1]?.trim() ?? "");

describe("docs/insforge.md", () => {
  it("quotes what the command line says, one row for each trouble", async () => {
    const { wrongKey, anonymousKey, schemaNotExposed, functionMissing } = REFUSALS;
    const urls = [
      ...(await Promise.all(
        [wrongKey, anonymousKey, schemaNotExposed, functionMissing].map(startRefusingServer),
      )),
      await unusedAddress(),
    ];
    expect(says).toHaveLength(urls.length);
    for (const [index, url] of urls.entries()) {
      const env = { INSFORGE_BASE_URL: url, INSFORGE_API_KEY: "ik_1" };
      expect((await captureRun(["ls"], { env })).stderr).toContain(says[index]);
    }
  });
});

describe("toTrouble", () => {
  it("tells a role without rights from one that cannot log in, and a missing database from a silent server", () => {
    const cureOf = (kind: "unauthorized" | "unreachable", code: string) =>
      toTrouble(new StoreError(kind, "refused", { code }), "postgres").cure;
    expect(cureOf("unauthorized", "42501")).toMatch(/GRANT/);
    expect(cureOf("unauthorized", "28P01")).toMatch(/password/);
    expect(cureOf("unreachable", "3D000")).toMatch(/createdb.*tracing migrate/);
    expect(cureOf("unreachable", "08006")).toMatch(/host and port/);
  });
});
