import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { spawnBot } from "../support/bot-process.ts";

function scratchDir(): string {
  const directory = mkdtempSync(join(tmpdir(), "bot-config-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Waits for a process that is expected to end by itself. */
async function outcome(env: Record<string, string>, directory = scratchDir()) {
  const bot = spawnBot(env, directory);
  const code = await new Promise((resolve) => bot.child.once("close", resolve));
  return { code, output: bot.output() };
}

describe("a configuration that is not right", () => {
  it("is named as a whole, with exit code 2", async () => {
    const { code, output } = await outcome({
      LLM_PROVIDER: "gpt",
      ADMIN_IDS: "me",
      INSFORGE_API_KEY: "ik_123456",
    });
    expect(code).toBe(2);
    expect(output).toBe(
      [
        "The configuration is not right:",
        '  ADMIN_IDS is "me"; expected: Telegram user ids separated by commas, such as 42,99.',
        '  LLM_PROVIDER is "gpt"; expected: openrouter, anthropic or offline.',
        "  INSFORGE_BASE_URL is missing; INSFORGE_API_KEY is set, and InsForge needs both.",
        "",
      ].join("\n"),
    );
  });

  it("is found in a .env file too, which the environment goes before", async () => {
    const directory = scratchDir();
    writeFileSync(join(directory, ".env"), "LOG_LEVEL=loud\nLLM_PROVIDER=gpt\n");
    const { code, output } = await outcome({ LOG_LEVEL: "info" }, directory);
    expect(code).toBe(2);
    expect(output).toContain("LLM_PROVIDER");
    expect(output).not.toContain("LOG_LEVEL");
  });

  it("is told of a port that is taken, with what to change", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const { code, output } = await outcome({ LOCAL_TELEGRAM_PORT: String(port) });
    expect(code).toBe(2);
    expect(output).toContain(String(port));
    expect(output).toContain("LOCAL_TELEGRAM_PORT");
    expect(output).not.toMatch(/\n +at /);
  });
});
