/// <reference lib="dom" />
import { Api, InlineKeyboard } from "grammy";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { LOCAL_BOT_TOKEN, startLocalTelegram } from "../src/index.ts";
import { launchBrowser } from "./support/browser.ts";
import { createControl, openLocalTelegram } from "./support/local-telegram.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** A page whose errors fail the test. */
async function openPage(url: string): Promise<Page> {
  const page = await browser.newPage();
  const errors: unknown[] = [];
  page.on("pageerror", (error) => errors.push(error));
  onTestFinished(async () => {
    await page.close();
    expect(errors).toEqual([]);
  });
  await page.goto(url);
  return page;
}

async function openChat() {
  const local = await openLocalTelegram({ botName: "Coach" });
  const page = await openPage(local.server.chatUrl);
  return { ...local, page };
}

async function waitForText(page: Page, selector: string, text: string): Promise<void> {
  await page.waitForFunction(
    (query, expected) =>
      [...document.querySelectorAll(query)].some((node) => node.textContent?.includes(expected)),
    {},
    selector,
    text,
  );
}

async function type(page: Page, text: string): Promise<void> {
  await page.locator("#text").fill(text);
  await page.focus("#text");
}

describe("the chat page", () => {
  it("sends what is typed and shows what the bot answers, edits and deletes", async () => {
    const { page, api } = await openChat();
    await waitForText(page, "#notice", "Waiting for the bot to start");
    await page.locator("#begin").click();
    await waitForText(page, ".message.user", "/start");
    await type(page, "first line");
    await page.keyboard.down("Shift");
    await page.keyboard.press("Enter");
    await page.keyboard.up("Shift");
    await page.keyboard.type("second line");
    await page.keyboard.press("Enter");
    await waitForText(page, ".message.user", "first line\nsecond line");
    expect(await page.$eval("#text", (box) => (box as HTMLTextAreaElement).value)).toBe("");

    const updates = await api.getUpdates();
    expect(updates.map(({ message }) => message?.text)).toEqual(["/start", "first line\nsecond line"]);
    await waitForText(page, "#presence", "online");
    await api.sendChatAction(1, "typing");
    await page.waitForSelector("#typing:not([hidden])");
    const { message_id } = await api.sendMessage(1, "Thinking");
    await waitForText(page, ".message.bot", "Thinking");
    await page.waitForSelector("#typing[hidden]");
    await api.editMessageText(1, message_id, "Done");
    await waitForText(page, ".message.bot .meta", "edited");
    expect(await page.$$eval(".message.bot .text", (texts) => texts.map((text) => text.textContent))).toEqual(
      ["Done"],
    );
    await api.deleteMessage(1, message_id);
    await page.waitForFunction(() => document.querySelector(".message.bot") === null);
  });

  it("renders entities as elements and never as HTML of the message", async () => {
    const { page, api, say } = await openChat();
    await say(1, "<img src=x onerror=alert(1)>");
    await api.sendMessage(
      1,
      'A <b>bold <i>both</i></b> <code>1 &lt; 2</code> <a href="https://example.org/">link</a> ' +
        '<span class="tg-spoiler">secret</span><pre><code class="language-ts">&lt;b&gt;</code></pre>' +
        "<blockquote>quoted <b>text</b></blockquote>\n/help",
      { parse_mode: "HTML" },
    );
    await waitForText(page, ".bot .text", "A bold both");
    expect(await page.$eval(".user .text", (text) => text.innerHTML)).toBe(
      "&lt;img src=x onerror=alert(1)&gt;",
    );
    const found = (selector: string) =>
      page.$eval(`.bot .text ${selector}`, (element) => element.textContent);
    expect(await found("strong")).toBe("bold both");
    expect(await found("strong > em")).toBe("both");
    expect(await found("code")).toBe("1 < 2");
    expect(await found('a[href="https://example.org/"][rel~="noopener"]')).toBe("link");
    expect(await found('pre[data-language="ts"] code')).toBe("<b>");
    expect(await found("blockquote > strong")).toBe("text");
    await page.locator(".spoiler").click();
    await page.waitForSelector(".spoiler.shown");
    await page.locator(".bot .command").click();
    await waitForText(page, ".user .text", "/help");
  });

  it("presses buttons by mouse and keyboard and shows the answers", async () => {
    const { page, api, say } = await openChat();
    await say(1, "hi");
    await api.sendMessage(1, "Choose", {
      reply_markup: new InlineKeyboard().text("Easy", "e").text("Hard", "h"),
    });
    await page.locator(".inline ::-p-text(Easy)").click();
    await page.waitForSelector(".inline.waiting");
    const [, easy] = await api.getUpdates();
    expect(easy?.callback_query?.data).toBe("e");
    await api.answerCallbackQuery(easy?.callback_query?.id ?? "", { text: "Easy it is" });
    await waitForText(page, ".toast", "Easy it is");
    await page.waitForFunction(() => document.querySelector(".inline.waiting") === null);

    await page.focus('[data-data="h"]');
    await page.keyboard.press("Enter");
    const [hard] = await api.getUpdates({ offset: (easy?.update_id ?? 0) + 1, timeout: 10 });
    await api.answerCallbackQuery(hard?.callback_query?.id ?? "", { text: "Sure?", show_alert: true });
    await waitForText(page, "dialog[open]", "Sure?");
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog:not([open])");
    await api.editMessageText(1, 2, "Chosen", { reply_markup: new InlineKeyboard().text("Next", "h") });
    await waitForText(page, ".inline", "Next");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Next");
  });

  it("offers the bot's commands", async () => {
    const { page, api } = await openChat();
    await api.setMyCommands([
      { command: "learn", description: "Lessons" },
      { command: "train", description: "Practice" },
    ]);
    await page.waitForSelector("#menu-button:not([hidden])");
    await page.locator("#text").click();
    await page.keyboard.type("/t");
    await waitForText(page, ".option[aria-selected=true]", "/train");
    expect(await page.$$(".option")).toHaveLength(1);
    await page.keyboard.press("Enter");
    await waitForText(page, ".user .text", "/train");
    await page.locator("#menu-button").click();
    await page.locator(".option ::-p-text(/learn)").click();
    await waitForText(page, ".user .text", "/learn");
  });

  it("records a voice message and uploads one", async () => {
    const { page, api } = await openChat();
    await page.locator("#record").click();
    await waitForText(page, "#recorded", "0:01");
    await page.locator("#record-send").click();
    await page.waitForSelector(".message.user audio");
    const recorded = (await api.getUpdates())[0]?.message?.voice;
    expect(recorded).toMatchObject({ mime_type: expect.stringContaining("audio/") });
    expect(recorded?.duration).toBeGreaterThanOrEqual(1);
    expect(recorded?.file_size).toBeGreaterThan(100);

    const input = await page.waitForSelector("input#file");
    await input?.evaluate((element) => {
      const files = new DataTransfer();
      files.items.add(new File(["not really sound"], "note.mp3", { type: "audio/mpeg" }));
      (element as HTMLInputElement).files = files.files;
      element.dispatchEvent(new Event("change"));
    });
    await page.waitForFunction(() => document.querySelectorAll(".message.user audio").length === 2);
    const uploaded = (await api.getUpdates())[1]?.message?.voice;
    expect(uploaded).toMatchObject({ mime_type: "audio/mpeg", file_size: 16 });
  });

  it("shows each user their own chat", async () => {
    const { page, server, say } = await openChat();
    await say(2, "from two");
    const other = await openPage(`${server.chatUrl}?user=2`);
    await waitForText(other, ".user .text", "from two");
    expect(await page.$$(".message")).toEqual([]);
    await Promise.all([page.waitForNavigation(), page.select("#user", "2")]);
    await waitForText(page, ".user .text", "from two");
  });

  it("says why a message cannot be sent and keeps it", async () => {
    const { page } = await openChat();
    await type(page, "x".repeat(4_097));
    await page.keyboard.press("Enter");
    await waitForText(page, "#problem:not([hidden])", "Received a text of 4097 characters");
    expect(await page.$eval("#text", (box) => (box as HTMLTextAreaElement).value.length)).toBe(4_097);
  });

  it("says that the server is gone and goes on with the next one", async () => {
    const { page, server, say } = await openChat();
    await say(1, "before");
    await waitForText(page, ".message", "before");
    await server.close();
    await waitForText(page, "#notice", "The server cannot be reached");
    const next = await startLocalTelegram({ port: server.port });
    onTestFinished(() => next.close());
    await waitForText(page, ".toast", "restarted");
    await createControl(next.url).say(1, "after");
    await waitForText(page, ".message", "after");
    expect(await page.$$(".message")).toHaveLength(1);
    await new Api(LOCAL_BOT_TOKEN, { apiRoot: next.url }).sendMessage(1, "I am back");
    await waitForText(page, ".message.bot", "I am back");
  });

  it.each([
    ["phone", 360],
    ["desktop", 1280],
  ])("fits the width of a %s", async (_, width) => {
    const { page, api, say } = await openChat();
    await page.setViewport({ width, height: 700 });
    await say(1, "hi");
    await api.sendMessage(1, `${"long".repeat(60)} and a table\n<pre>${"wide ".repeat(60)}</pre>`, {
      parse_mode: "HTML",
      reply_markup: new InlineKeyboard()
        .text("A rather long label of a button", "a")
        .text("More aggressive", "b"),
    });
    await page.waitForSelector(".inline");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    const composer = await (await page.$("#text"))?.boundingBox();
    expect((composer?.y ?? 0) + (composer?.height ?? 0)).toBeLessThan(700);
  });
});
