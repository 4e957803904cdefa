/// <reference lib="dom" />
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../../../../packages/local-telegram/test/support/browser.ts";
import { loadContent } from "../../src/content/index.ts";
import { CONTENT_DIR } from "../../src/package-files.ts";
import { type BotProcess, spawnBot } from "../support/bot-process.ts";

const CLI = join(import.meta.dirname, "../../../../packages/tracing/dist/cli.js");

let directory: string;
let bot: BotProcess;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "bot-zero-"));
  bot = spawnBot({ LOCAL_TELEGRAM_PORT: "0" }, directory);
  [browser] = await Promise.all([launchBrowser(), bot.logged("Started: updates")]);
  page = await browser.newPage();
  const [address] = /http:\/\/127\.0\.0\.1:\d+\//.exec(bot.output()) ?? [];
  if (!address) throw new Error(`No address of a chat page:\n${bot.output()}`);
  await page.goto(address);
}, 120_000);

afterAll(async () => {
  await browser.close();
  await bot.end();
  rmSync(directory, { recursive: true, force: true });
});

async function say(text: string): Promise<void> {
  await page.locator("#text").fill(text);
  await page.focus("#text");
  await page.keyboard.press("Enter");
}

/** Resolves with the text of the newest message of the bot that has this in it. */
async function read(expected: string): Promise<string> {
  const found = await page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll(".message.bot")]
        .map((message) => message.textContent ?? "")
        .findLast((text) => text.includes(wanted)),
    { timeout: 20_000 },
    expected,
  );
  return String(await found.jsonValue());
}

/** Clicks the first button with this text. */
async function press(label: string): Promise<void> {
  await page.locator(`::-p-xpath(//button[contains(normalize-space(.), '${label}')])`).click();
}

function tracing(...args: string[]): string {
  const env = { PATH: process.env.PATH ?? "", DATA_DIR: join(directory, ".data") };
  return execFileSync(process.execPath, [CLI, ...args], { cwd: directory, env, encoding: "utf8" });
}

describe("with nothing configured", () => {
  it("a person learns in a browser tab, and the run is a trace in the chat and on the command line", async () => {
    const [track] = loadContent(CONTENT_DIR).tracks;
    const [level] = track?.levels ?? [];
    if (!track || !level) throw new Error("There is no level to learn.");

    await say("/learn");
    await read("Choose a track");
    await press(track.title);
    await press(`1. ${level.title}`);
    await press("Start the exercise");
    await read("Reply with your answer");
    await say(level.exercise.modelAnswer.replaceAll("\n", " "));
    const score = await read("/100");
    expect(Number(/(\d+)\/100/.exec(score)?.[1])).toBeGreaterThanOrEqual(90);
    expect(score).toContain("it is not a language model");

    await say("/admin traces");
    expect(await read("Last runs")).toMatch(/1 ✓ learn/);
    await say("/admin test");
    expect(await read("Test passed")).toContain("support_regen");

    const [run] = JSON.parse(tracing("ls", "--pipeline", "learn", "--telegram-id", "1", "--json")).traces;
    const names = tracing("show", run.traceId)
      .split("\n")
      .flatMap((line) => /^([│├└─ ]*)(learn|agent:\w+|llm:\w+) /.exec(line)?.slice(1, 3).join("") ?? []);
    // The header names the pipeline, too.
    expect(names.slice(1)).toEqual([
      "learn",
      "├─ agent:trainer",
      "│  └─ llm:offline",
      "└─ agent:memory",
      "   └─ llm:offline",
    ]);
    expect(tracing("show", run.traceId)).toMatch(/agent:memory {2}\[late /);
  }, 90_000);
});
