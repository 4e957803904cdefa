import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

async function runChild(name: string, args: string[] = [], flags: string[] = []): Promise<string> {
  const path = fileURLToPath(new URL(`children/${name}.ts`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, path, ...args]);
  return stdout;
}

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
