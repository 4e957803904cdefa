import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { named, readSpool, scratchDir } from "./service.ts";

async function leave(way: string) {
  const spoolDir = scratchDir();
  const path = fileURLToPath(new URL("children/leaving.ts", import.meta.url));
  const child = spawn(process.execPath, [path, spoolDir, way], { stdio: "ignore" });
  const [code, signal] = await once(child, "exit");
  return { code, signal, records: readSpool(spoolDir) };
}

describe("a process that ends", () => {
  it.each([
    ["by process.exit in the turn of a span's end", "exit", 3],
    ["by itself, with nothing more to do", "naturally", 3],
    ["by an uncaught exception", "throw", 1],
    ["by an unhandled rejection", "reject", 1],
  ])("%s keeps its exit code and loses nothing", async (_, way, exitCode) => {
    const { code, records } = await leave(way);
    expect(code).toBe(exitCode);
    expect(named(records)).toEqual(["settled", "same turn"]);
    expect(named(records, "started")).toEqual(["settled", "open"]);
    expect(named(records, "interrupted")).toEqual(["open"]);
  });

  it("by SIGKILL loses no settled trace, and its open one is known", async () => {
    const { signal, records } = await leave("kill");
    expect(signal).toBe("SIGKILL");
    expect(named(records)).toContain("settled");
    expect(named(records, "started")).toEqual(["settled", "open"]);
  });
});
