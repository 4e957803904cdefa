import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { UNKNOWN_COMMAND } from "../../src/handlers/messages.ts";
import type { BotProcess } from "../support/bot-process.ts";
import type { ChatMessage, ChatUser } from "../support/chat-user.ts";
import { MARKUP_TEXTS, ODD_TEXTS } from "../support/hostile-texts.ts";
import { peakMemory } from "../support/process-memory.ts";
import { ADMIN, createWorld, type World } from "./world.ts";

const MB = 1_024 * 1_024;
const DEAL = "Acme, 40 seats for 36,000 euros a year; the CFO likes it, procurement is silent.";
const GROUP = { id: -100_200, type: "supergroup", title: "A group" };
const CLI = join(import.meta.dirname, "../../../../packages/tracing/dist/cli.js");

let world: World;
let bot: BotProcess;
let database: pg.Client;
let lastUser = 3_000;

beforeAll(async () => {
  world = await createWorld();
  bot = await world.startBot();
  database = new pg.Client({ connectionString: world.insforge.databaseUrl });
  await database.connect();
}, 120_000);

afterAll(async () => {
  await database.end();
  await world.close();
});

afterEach(() => {
  expect(bot.child.exitCode, bot.output().slice(-2_000)).toBe(null);
});

function newUser(): ChatUser {
  lastUser += 1;
  return world.user(lastUser);
}

async function openSupport(user: ChatUser): Promise<void> {
  await user.send("/support");
  await user.expect("Reply with your answer");
}

async function openScenario(user: ChatUser): Promise<ChatMessage> {
  await user.send("/train");
  await user.expect("How hard");
  await user.pressFirst();
  return user.expect("Reply with your answer");
}

/** A strategy in the user's chat. */
async function writeStrategy(user: ChatUser): Promise<ChatMessage> {
  await openSupport(user);
  await user.send(DEAL);
  return user.expect("Draft message");
}

function dataOf({ buttons }: ChatMessage, label: string): string {
  const button = buttons.flat().find(({ text }) => text === label);
  if (!button) throw new Error(`There is no button ${label}.`);
  return button.data;
}

/** Everything that is remembered of a chat between two messages, once the last of them has had its turn. */
async function sessionOf({ id }: ChatUser): Promise<unknown> {
  await vi.waitUntil(
    async () => (await count("bot.updates WHERE chat_id = $1 AND finished_at IS NULL", id)) === 0,
  );
  const { rows } = await database.query("SELECT value FROM bot.sessions WHERE key = $1", [String(id)]);
  return rows[0]?.value;
}

async function count(what: string, ...values: unknown[]): Promise<number> {
  const { rows } = await database.query(`SELECT count(*)::int AS count FROM ${what}`, values);
  return rows[0].count;
}

/** The updates before it have had their turn, when this one has. */
async function passBy(): Promise<void> {
  const passer = newUser();
  await passer.send("/help");
  await passer.expect("/learn");
}

/** The latest run of a user, with its input. */
async function runOf({ id }: ChatUser, pipelineName: string) {
  return vi.waitUntil(
    async () => {
      const { traces } = await world.store.repo.listTraces({ userId: id, pipelineName, limit: 1 });
      const [latest] = traces;
      return (
        (latest && latest.status !== "running" && (await world.store.repo.getTrace(latest.traceId))) ||
        undefined
      );
    },
    { timeout: 15_000 },
  );
}

describe("a file", () => {
  const TOO_LARGE = "20 MB is the most I take";
  const TEXT_AND_VOICE = "I understand text and voice messages only";
  let user: ChatUser;
  let peakBefore: number;

  beforeAll(async () => {
    user = newUser();
    await openSupport(user);
    peakBefore = peakMemory(bot.child.pid ?? 0);
  });

  it.each([
    ["a voice message of 100 MB", "voice", { file_size: 100 * MB }, TOO_LARGE],
    ["an audio file of 100 MB", "audio", { file_size: 100 * MB }, TOO_LARGE],
    ["a recording of four hours", "voice", { file_size: 5, duration: 4 * 3_600 }, "15 minutes are the most"],
    ["an archive that calls itself audio", "audio", { mime_type: "application/zip" }, "no recording"],
    ["a video note of 100 MB", "video_note", { file_size: 100 * MB }, TEXT_AND_VOICE],
    ["a video of 100 MB", "video", { file_size: 100 * MB }, TEXT_AND_VOICE],
    ["a document of 100 MB", "document", { file_size: 100 * MB }, TEXT_AND_VOICE],
  ])("%s is refused before a byte of it is fetched", async (_, kind, declared, answer) => {
    const file_id = await user.uploadMade({ bytes: 100 * MB, declaredBytes: 5 });
    await user.sendRaw({ [kind]: { file_id, file_unique_id: "x", duration: 1, ...declared } });
    await user.expect(answer);
    expect(world.assemblyai.uploads).toEqual([]);
  });

  it.each([
    ["100 MB that are said to be 5 bytes", { bytes: 100 * MB, declaredBytes: 5 }, TOO_LARGE],
    ["100 MB of which nothing is said", { bytes: 100 * MB, declaredBytes: null }, TOO_LARGE],
    ["4 GB packed into 4 MB", { bytes: 4_096 * MB, declaredBytes: 5, gzip: true }, TOO_LARGE],
    ["not a byte", { bytes: 0, declaredBytes: 5 }, "I hear nobody speak"],
  ])("%s are not taken", async (_, file, answer) => {
    const file_id = await user.uploadMade(file);
    await user.sendRaw({ voice: { file_id, file_unique_id: "x", duration: 1 } });
    await user.expect(answer);
    expect(world.assemblyai.uploads).toEqual([]);
  });

  it("that comes a byte a second is waited for, is seen to be waited for, and can be given up", async () => {
    const file_id = await user.uploadMade({ bytes: 1_000, trickle: true });
    await user.sendRaw({ voice: { file_id, file_unique_id: "x", duration: 1 } });
    await user.expectTyping();
    await user.send("/cancel");
    await user.expect("Stopped, as you asked");
    await user.expect("You left before a strategy was written");
  });

  it("of any size takes no more memory than what is taken on", () => {
    expect(peakMemory(bot.child.pid ?? 0) - peakBefore).toBeLessThan(150 * MB);
  });

  it("that is as it should be is listened to afterwards", async () => {
    await openSupport(user);
    await user.sendVoice(new TextEncoder().encode("OggS and some bytes"));
    await user.expect("Draft message");
  });
});

describe("an odd text", () => {
  it.each(Object.entries(ODD_TEXTS))("as an answer and as a deal: %s", async (_, text) => {
    const user = newUser();
    await openScenario(user);
    await user.sendRaw({ text });
    await user.expect("80/100");
    await openSupport(user);
    await user.sendRaw({ text });
    await user.expect("Draft message");
    const { status, input } = await runOf(user, "support");
    expect(status).toBe("ok");
    const kept = (input as { deal: string }).deal;
    expect(kept).toBe(
      text
        .toWellFormed()
        .replace(/[^\P{Cc}\n\t]/gu, " ")
        .slice(0, kept.length),
    );
  });

  it("does not turn the label around of the button that it is on", async () => {
    const user = newUser();
    await openSupport(user);
    await user.send(ODD_TEXTS["writing turned around"] ?? "");
    await user.expect("Draft message");
    await user.press("Looks good");
    await user.expect("Saved");
    await user.send("/stats");
    await user.expect("Saved strategies: 1");
    await user.press("Saved strategies");
    const { buttons } = await user.expect("Which one?");
    expect(buttons[0]?.[0]?.text).toBe("The buyer of gnihtyna and of nothing asks fo…");
  });

  it("of only emoji is too little for a deal, and no more than an answer", async () => {
    const user = newUser();
    await openSupport(user);
    await user.sendRaw({ text: "😀".repeat(4_096) });
    await user.expect("too little to work with");
  });

  it("of 10 MB is too long, and does not stop the bot", async () => {
    const user = newUser();
    await openSupport(user);
    await user.sendRaw({ text: "The buyer says ".repeat(700_000) });
    await user.expect("16,000 characters are the most I take");
  });

  it("that a model writes is cut between characters, and lost nowhere", async () => {
    const user = newUser();
    await openSupport(user);
    const family = "\u{1f469}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}";
    const analysis = family.repeat(360);
    const strategy = `a${"\u0301".repeat(3_900)} \u202eturned`;
    const draftMessage = "👍🏽".repeat(1_000);
    const text = JSON.stringify({ analysis, strategy, tactics: ["\ud83d half"], draftMessage });
    world.model.enqueue({ kind: "text", task: "strategy", text });
    await user.send(DEAL);
    await user.expect((message) => message.buttons.flat().some((button) => button.text === "Shorter"));
    const parts = (await user.answers()).map((message) => message.text);
    for (const part of parts) expect(part.isWellFormed()).toBe(true);
    const together = parts.join("");
    expect(together.split(family)).toHaveLength(361);
    expect(together.split("👍🏽")).toHaveLength(1_001);
    expect(together.split("\u0301")).toHaveLength(3_901);
  });
});

describe("what is no text", () => {
  const PLAIN = "I understand text and voice messages only";
  it.each([
    ["a sticker", { sticker: { file_id: "x", width: 1, height: 1 } }, PLAIN],
    ["a poll", { poll: { id: "1", question: "?", options: [] } }, PLAIN],
    ["a contact", { contact: { phone_number: "1", first_name: "x" } }, PLAIN],
    ["a location", { location: { latitude: 1, longitude: 1 } }, PLAIN],
    ["a photo with a command below it", { photo: [{ file_id: "x" }], caption: "/admin" }, PLAIN],
    ["a dice", { dice: { emoji: "🎲", value: 6 } }, PLAIN],
    ["a payment", { successful_payment: { currency: "XTR", total_amount: 1 } }, PLAIN],
    ["an empty message", {}, PLAIN],
    ["only white space", { text: " \n\t\u00a0\u200b " }, "I am not waiting for an answer"],
    [
      "only a link",
      { text: "https://x.example", entities: [{ type: "url", offset: 0, length: 17 }] },
      "I am not waiting",
    ],
    [
      "an entity that ends nowhere",
      { text: "hm", entities: [{ type: "bot_command", offset: 0, length: 9_999 }] },
      UNKNOWN_COMMAND,
    ],
    [
      "a text of somebody else",
      { text: "hello", forward_origin: { type: "user", date: 1 } },
      "I am not waiting",
    ],
  ])("gets a plain answer: %s", async (_, fields, answer) => {
    const user = newUser();
    await user.sendRaw(fields);
    await user.expect(answer);
    expect(await sessionOf(user)).toMatchObject({ activity: { kind: "idle" }, attempts: [], drafts: [] });
  });

  it("is left alone, and nothing of it is kept, where it is nothing that the bot has asked for", async () => {
    const user = newUser();
    await openScenario(user);
    const open = await sessionOf(user);
    const noted = await count("bot.updates");
    const message = {
      message_id: 1,
      date: 1,
      chat: { id: user.id, type: "private" },
      from: { id: user.id },
      text: "/cancel",
      entities: [{ type: "bot_command", offset: 0, length: 7 }],
    };
    const { from, ...unsigned } = message;
    const anonymous = { ...message, chat: GROUP, from: { id: 1_087_968_824 }, sender_chat: GROUP };
    const updates: Record<string, unknown>[] = [
      { edited_message: message },
      { message: unsigned },
      { message: { ...message, chat: GROUP } },
      { message: { ...message, chat: GROUP, text: "/learn@other_bot", entities: [] } },
      { message: anonymous },
      { channel_post: { ...unsigned, chat: { ...GROUP, type: "channel" } } },
      { business_message: message },
      { inline_query: { id: "1", from, query: "/admin", offset: "" } },
      { pre_checkout_query: { id: "1", from, currency: "XTR", total_amount: 1, invoice_payload: "x" } },
      { my_chat_member: { chat: GROUP, from, date: 1 } },
      { poll_answer: { poll_id: "1", user: from, option_ids: [0] } },
      {},
      { no_such_kind: { chat: null } },
    ];
    await user.sendUpdates(...updates);
    await passBy();
    expect(await user.answers()).toHaveLength(1);
    expect(await sessionOf(user)).toEqual(open);
    expect(await count("bot.sessions WHERE key = $1", String(GROUP.id))).toBe(0);
    // Of the one who passes by.
    expect(await count("bot.updates")).toBe(noted + 1);
  });

  it("and no update at all is left out, and counted", async () => {
    const user = newUser();
    const chat = { id: user.id, type: "private" };
    await user.sendUpdates(
      { message: "hello" },
      { message: { message_id: 1, chat: null, text: "x" } },
      { message: { message_id: 1, chat, from: { id: user.id }, text: 7 } },
      { message: { message_id: 1, chat, from: { id: user.id }, text: "x", entities: [{}] } },
      { callback_query: { id: 7, from: { id: user.id } } },
    );
    await bot.logged("Telegram sends what is no update; it is left out");
    const admin = world.user(ADMIN);
    await vi.waitUntil(async () => {
      await admin.send("/admin health");
      return (await admin.expect("Polling")).text.includes("5 that were no updates");
    });
  });
});

describe("a press", () => {
  it.each([
    ["nothing", ""],
    ["junk", "\u{1f4a5}".repeat(16)],
    ["a name of every object", "__proto__"],
    ["a track by such a name", "learn:track:__proto__"],
    ["a level by such a name", "learn:start:constructor"],
    ["a scenario by such a name", "train:retry:toString:any"],
    ["a huge number", "train:99999999999999999999999999"],
    ["more than one line", "learn:track:a\nb"],
    ["a run of a pipeline", "support_regen:1"],
    ["an operator's command", "admin:health"],
    ["an operator's command with an argument", "admin:score:0123456789abcdef0123456789abcdef bad"],
    ["a rating of a run that is none", `rate:up:${"0".repeat(32)}`],
  ])("with forged data gets a plain answer, and does nothing: %s", async (_, data) => {
    const user = newUser();
    await user.send("/train");
    const { messageId } = await user.expect("How hard");
    const before = await sessionOf(user);
    await user.pressData(messageId, data, true);
    await user.expect("from an earlier version");
    expect(await sessionOf(user)).toEqual(before);
  });

  it.each(["support:save:__proto__", "support:show:zzz", "support:shorter:000000000000"])(
    "for a strategy that is none gets a plain answer: %s",
    async (data) => {
      const user = newUser();
      await user.send("/train");
      const { messageId } = await user.expect("How hard");
      await user.pressData(messageId, data, true);
      await user.expect("no longer have this strategy");
    },
  );

  it("on a message that is gone is answered with a new one", async () => {
    const user = newUser();
    await user.pressRaw("learn", { message_id: 77, date: 0, chat: { id: user.id, type: "private" } });
    await user.expect("Choose a track");
  });

  it("on no message at all, or in a group, is told that it is out of place", async () => {
    const user = newUser();
    await user.pressRaw("learn");
    await user.pressRaw("learn", { message_id: 1, date: 1, chat: GROUP });
    await vi.waitUntil(async () => (await user.toasts()).length === 2);
    expect(await user.toasts()).toEqual(["This button is not for you.", "This button is not for you."]);
    expect(await user.answers()).toEqual([]);
  });

  it("of another on a message of mine changes nothing for either, and runs nothing", async () => {
    const [owner, thief] = [newUser(), newUser()];
    const strategy = await writeStrategy(owner);
    const before = await sessionOf(owner);
    const asked = world.model.requests.length;
    const seen = await owner.answers();
    const message = { message_id: strategy.messageId, date: 1, chat: { id: owner.id, type: "private" } };
    const presses = ["Regenerate", "Looks good"].map((label) => dataOf(strategy, label));
    for (const data of [...presses, "train:any", "cancel", "forget:yes"]) await thief.pressRaw(data, message);
    await vi.waitUntil(async () => (await thief.toasts()).length === 5);
    expect(new Set(await thief.toasts())).toEqual(new Set(["This button is not for you."]));
    await passBy();
    expect(await sessionOf(owner)).toEqual(before);
    expect(await sessionOf(thief)).toBe(undefined);
    expect(await owner.answers()).toEqual(seen);
    const memories = world.model.requests.slice(asked).filter(({ task }) => task !== "memory");
    expect(memories).toEqual([]);
    for (const { id } of [owner, thief]) {
      const filter = { userId: id, pipelineName: "support_regen" };
      expect((await world.store.repo.listTraces(filter)).traces).toEqual([]);
    }
  });

  it("that is made three times runs one pipeline", async () => {
    const user = newUser();
    const strategy = await writeStrategy(user);
    const held = Promise.withResolvers<void>();
    const asked = world.model.requests.length;
    world.model.enqueue({ kind: "text", task: "strategy", after: held.promise });
    const press = () => user.pressData(strategy.messageId, dataOf(strategy, "Shorter"));
    await Promise.all([press(), press(), press()]);
    await vi.waitUntil(
      async () => (await user.toasts()).filter((text) => text === "I am on it").length === 2,
    );
    held.resolve();
    await user.expect("Draft message");
    await runOf(user, "support_regen");
    const runs = world.model.requests.slice(asked).filter(({ task }) => task === "strategy");
    expect(runs).toHaveLength(1);
  });
});

describe("a flood", () => {
  it("of one user holds up nobody else, gets one word about it, and is counted", async () => {
    const [flooder, other] = [newUser(), newUser()];
    await openSupport(flooder);
    const before = world.model.requests.length;
    world.model.enqueue({ kind: "hang", task: "signals" });
    await flooder.send(DEAL);
    await world.model.received(before + 1);

    const peak = peakMemory(bot.child.pid ?? 0);
    const chat = { id: flooder.id, type: "private" };
    const flood = Array.from({ length: 600 }, (_, index) => ({
      message: { message_id: index, date: 1, chat, from: { id: flooder.id }, text: `${index}` },
    }));
    await flooder.sendUpdates(...flood);
    await other.send("/help");
    await other.expect("/learn");

    const tooFast = (messages: ChatMessage[]) =>
      messages.filter(({ text }) => text.startsWith("That was too fast")).length;
    await flooder.expect("That was too fast");
    expect(await flooder.answers()).toHaveLength(2);

    await flooder.send("/cancel");
    await flooder.expect("You left before a strategy was written");
    expect(tooFast(flooder.all())).toBe(1);
    // What was in the queue before it, and no more.
    const served = flooder
      .all()
      .filter(({ text }) => text.includes("I am not waiting") || text.includes("too little"));
    expect(served.length).toBeLessThan(25);
    expect(peakMemory(bot.child.pid ?? 0) - peak).toBeLessThan(100 * MB);

    const admin = world.user(ADMIN);
    await admin.send("/admin health");
    const { text } = await admin.expect("sent too fast");
    const [, leftOut] = /Left out: (\d+) sent too fast/.exec(text) ?? [];
    expect(Number(leftOut)).toBeGreaterThan(570);
  });
});

describe("a command", () => {
  it("as a deep link welcomes, and does nothing else", async () => {
    const user = newUser();
    await user.send("/start");
    const { text, buttons } = await user.expect("Welcome");
    const long = "x".repeat(4_000);
    for (const payload of ["learn", "admin_traces", "' OR 1=1 --", "__proto__", "cancel", long]) {
      await user.send(`/start ${payload}`);
      expect(await user.expect("Welcome")).toMatchObject({ text, buttons });
      expect(await user.answers()).toHaveLength(1);
    }
    expect(await sessionOf(user)).toMatchObject({ activity: { kind: "idle" } });
  });

  it.each(["/start@other_bot", "/cancel@other_bot", "/LEARN", "/Cancel", "/ADMIN", "/admin@other_bot"])(
    "that is not one of this bot's is not known, and leaves what is open: %s",
    async (text) => {
      const user = newUser();
      await openScenario(user);
      const before = await sessionOf(user);
      await user.send(text);
      await user.expect(UNKNOWN_COMMAND);
      expect(await sessionOf(user)).toEqual(before);
    },
  );

  it("with this bot's name is this bot's", async () => {
    const user = newUser();
    await user.send("/learn@Local_Coach_Bot");
    await user.expect("Choose a track");
  });

  it.each(["traces", "trace", "score", "errors", "stats", "health", "nonsense", ""])(
    "of an operator's takes a thousand arguments with a plain answer: /admin %s",
    async (name) => {
      const admin = world.user(ADMIN);
      await admin.send(`/admin ${name} ${"user=' a=b ".repeat(360)}`);
      const { text } = await admin.expect(({ from }) => from === "bot");
      expect(text).not.toContain("Something went wrong");
      expect(text.length).toBeLessThan(2_000);
    },
  );
});

describe("an operator's command from anybody else", () => {
  const NAMES = [
    "",
    "overview",
    "health",
    "traces",
    "trace latest",
    "score latest bad",
    "errors",
    "stats",
    "test",
  ];

  it("is an unknown command, in whatever way it comes", async () => {
    const user = newUser();
    for (const name of NAMES) {
      const text = `/admin ${name}`.trim();
      const entities = [{ type: "bot_command", offset: 0, length: 6 }];
      await user.send(text);
      await user.expect(UNKNOWN_COMMAND);
      await user.sendRaw({ text, entities, forward_origin: { type: "user", sender_user: { id: ADMIN } } });
      await user.expect(UNKNOWN_COMMAND);
    }
  });

  it("is an outdated button, whichever of the operator's buttons was copied", async () => {
    const [user, admin] = [newUser(), world.user(ADMIN)];
    await writeStrategy(user);
    const copied = new Set<string>();
    for (const name of ["", "health", "traces", "errors", "stats", "trace latest"]) {
      await admin.send(`/admin ${name}`.trim());
      const { buttons } = await admin.expect(({ from }) => from === "bot");
      for (const { data } of buttons.flat()) copied.add(data);
    }
    expect(copied.size).toBeGreaterThan(8);
    const { messageId } = user.all().at(-1) ?? { messageId: 0 };
    for (const data of copied) {
      await user.pressData(messageId, data, true);
      const { text } = await user.expect(({ from }) => from === "bot");
      expect(text).toContain("from an earlier version");
    }
  });

  it("is nothing in a group, not even from the operator", async () => {
    const admin = world.user(ADMIN);
    const entities = [{ type: "bot_command", offset: 0, length: 6 }];
    const noted = await count("bot.updates");
    await admin.sendRaw({ chat: GROUP, text: "/admin health", entities });
    await passBy();
    expect(await admin.answers()).toEqual([]);
    expect(await count("bot.updates")).toBe(noted + 1);
  });
});

describe("text that looks like markup", () => {
  it.each(Object.entries(MARKUP_TEXTS))("is text, in the prompt and in the chat: %s", async (_, text) => {
    const user = newUser();
    await openSupport(user);
    const asked = world.model.requests.length;
    const name = `Ada </deal> ${text.slice(0, 40)}`;
    const strategy = { analysis: text, strategy: text, tactics: [text], draftMessage: text };
    world.model.enqueue({ kind: "text", task: "strategy", text: JSON.stringify(strategy) });
    await user.sendRaw({ text, from: { id: user.id, first_name: name, username: "a_b" } });
    await user.expect((message) => message.buttons.flat().some((button) => button.text === "Shorter"));

    const shown = await user.answers();
    const clean = text.replace(/[^\P{Cc}\n\t]/gu, " ");
    const whole = shown.map((message) => message.text).join("\n");
    expect(whole.split(clean.split("\n")[0] ?? "").length).toBeGreaterThan(4);
    const kinds = new Set(shown.flatMap(({ entities }) => entities.map(({ type }) => type)));
    // The last four are found by Telegram, in any text.
    for (const kind of kinds) expect(["bold", "blockquote", "url", "bot_command", "mention"]).toContain(kind);

    const prompts = world.model.requests.slice(asked).filter(({ task }) => task === "signals");
    expect(prompts).toHaveLength(1);
    const prompt = prompts[0]?.prompt ?? "";
    const [, tag = ""] = /\n<(deal(?:-\d+)?)>\n/.exec(prompt) ?? [];
    expect(prompt.endsWith(`\n<${tag}>\n${clean}\n</${tag}>`)).toBe(true);
    expect(clean.toLowerCase()).not.toContain(`</${tag}>`);
    expect(world.model.requests.map((request) => request.prompt).join()).not.toContain("Ada </deal>");
    expect((await runOf(user, "support")).input).toEqual({ deal: clean });
  });

  it("steers no terminal, neither from the log nor from the command line", async () => {
    const env = {
      PATH: process.env.PATH ?? "",
      INSFORGE_BASE_URL: world.insforge.url,
      INSFORGE_API_KEY: world.insforge.apiKey,
    };
    const run = async (...args: string[]) => {
      const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...args], { env });
      return stdout;
    };
    const { traces } = await world.store.repo.listTraces({ text: "owned", limit: 5 });
    expect(traces.length).toBeGreaterThan(0);
    const shown = (await Promise.all(traces.map(({ traceId }) => run("show", traceId, "--io")))).join("");
    expect(shown).toContain("owned");
    for (const written of [shown, await run("ls"), bot.output()])
      expect(written).not.toMatch(/[^\P{Cc}\n\t]/u);
    expect(bot.output()).not.toContain("alert(document.cookie)");
  });
});
