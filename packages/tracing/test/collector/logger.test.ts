import { fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const path = fileURLToPath(new URL("children/warning.ts", import.meta.url));

function startWarning(stderr: "pipe" | number) {
  return fork(path, { stdio: ["ignore", "ignore", stderr, "ipc"], execArgv: [] });
}

describe("stderrLogger", () => {
  it("writes a line for each message", async () => {
    const child = startWarning("pipe");
    await once(child, "message");
    child.send("warn");
    expect(await text(child.stderr as NodeJS.ReadableStream)).toBe(
      "[tracing] trouble\n[tracing] the same as before\n",
    );
  });

  it("does not end the process when nobody reads its standard error", async () => {
    const child = startWarning("pipe");
    await once(child, "message");
    child.stderr?.destroy();
    child.send("warn");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  if (process.platform === "linux") {
    it("does not end the process when its standard error is on a full disk", async () => {
      const full = openSync("/dev/full", "w");
      const child = startWarning(full);
      closeSync(full);
      await once(child, "message");
      child.send("warn");
      expect(await once(child, "exit")).toEqual([0, null]);
    });
  }
});
