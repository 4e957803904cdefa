import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { startReceiver } from "./receiver.ts";

interface Ended {
  code: number | string | null | undefined;
  lines: string[];
}

function run(child: string, ...args: string[]): Promise<Ended> {
  const path = fileURLToPath(new URL(`children/${child}`, import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [path, ...args], { timeout: 20_000 }, (error, stdout) => {
      resolve({ code: error ? error.code : 0, lines: stdout.trim().split("\n") });
    });
  });
}

describe("a process that sends over OTLP", () => {
  it("is told which package is missing, and how to install it", async () => {
    const { lines } = await run("without-encoder.ts");
    const told = "missing-dependency: Run: npm install @opentelemetry/otlp-transformer";
    expect(lines).toEqual(["stored", told, told]);
  });

  it("ends when it has nothing else to do, although the receiver hangs", async () => {
    const receiver = await startReceiver();
    receiver.fault({ kind: "hang" });
    expect(await run("ending.ts", receiver.url)).toMatchObject({ code: 7 });
    expect(receiver.requests).toHaveLength(1);
  });
});
