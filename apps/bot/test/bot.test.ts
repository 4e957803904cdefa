import type { Bot } from "grammy";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createBot } from "../src/bot.ts";
import type { CoachTask } from "../src/coaching/task.ts";
import type { BotContext } from "../src/handlers/context.ts";
import type { LanguageModel } from "../src/llm/language-model.ts";
import { createOfflineModel } from "../src/llm/offline/index.ts";
import { AdminWorld } from "./handlers/admin/admin-world.ts";

const REP = 42;
const ANSWER =
  "What would have to be true on your side for you to decide about this before the end of the month?";

let world: AdminWorld;
let bot: Bot<BotContext>;
let model: ModelThatHangs;
let lastUpdateId = 0;

beforeEach(async () => {
  model = new ModelThatHangs();
  world = await AdminWorld.start({ store: "insforge", model });
  bot = createBot({ token: world.server.token, apiRoot: world.server.url }, world.deps);
  await bot.init();
});

afterEach(() => world.stop());

/** The offline coach, which for some kinds of tasks gives no answer until it is given up. */
class ModelThatHangs implements LanguageModel {
  readonly provider = "offline";
  readonly model = "rules";
  readonly hangsAt = new Set<CoachTask["kind"]>();
  readonly asked: CoachTask["kind"][] = [];
  readonly #coach = createOfflineModel();

  complete: LanguageModel["complete"] = (request) => {
    this.asked.push(request.task.kind);
    if (!this.hangsAt.has(request.task.kind)) return this.#coach.complete(request);
    const { signal } = request;
    return new Promise((_, reject) => {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  };
}

const person = {
  chat: { id: REP, type: "private" as const, first_name: "Ada" },
  from: { id: REP, is_bot: false, first_name: "Ada" },
};

function say(text: string): Promise<void> {
  lastUpdateId += 1;
  const [command = ""] = text.split(" ");
  const entities = text.startsWith("/")
    ? [{ type: "bot_command" as const, offset: 0, length: command.length }]
    : [];
  const message = { message_id: lastUpdateId, date: 1, ...person, text, entities };
  return bot.handleUpdate({ update_id: lastUpdateId, message });
}

function press(data: string): Promise<void> {
  lastUpdateId += 1;
  const message_id = world.server.messages.at(-1)?.messageId ?? 0;
  return bot.handleUpdate({
    update_id: lastUpdateId,
    callback_query: {
      id: String(lastUpdateId),
      from: person.from,
      chat_instance: "1",
      data,
      message: { message_id, date: 1, chat: person.chat, text: "" },
    },
  });
}

/** What the bot has said, in the order of saying; edits are said again. */
function said(): string[] {
  return world.server.calls.flatMap(({ method, payload }) =>
    method === "sendMessage" || method === "editMessageText" ? [String(payload.text)] : [],
  );
}

/** The updates that would be known of after a crash. */
async function unfinished(): Promise<number[]> {
  const client = new pg.Client({ connectionString: world.opened.backend?.databaseUrl });
  await client.connect();
  const { rows } = await client.query("SELECT update_id FROM bot.updates WHERE finished_at IS NULL");
  await client.end();
  return rows.map(({ update_id }) => Number(update_id));
}

async function openScenario(): Promise<void> {
  await say("/train");
  await press("train:any");
}

/** Holds the noting of the next update back, until it is released. */
async function holdNextNote(): Promise<{
  noted(updateId: number): Promise<unknown>;
  release(): Promise<void>;
}> {
  const client = new pg.Client({ connectionString: world.opened.backend?.databaseUrl });
  await client.connect();
  await client.query("BEGIN");
  await client.query("INSERT INTO bot.updates (update_id) VALUES ($1)", [lastUpdateId + 1]);
  return {
    noted: (updateId) =>
      vi.waitUntil(async () => {
        const { rows } = await client.query("SELECT 1 FROM bot.updates WHERE update_id = $1", [updateId]);
        return rows.length > 0;
      }),
    async release() {
      await client.query("ROLLBACK");
      await client.end();
    },
  };
}

describe("updates of a chat", () => {
  it("are handled in the order they came in, however long it takes to note each", async () => {
    const held = await holdNextNote();
    const first = say("/learn");
    const second = say("/help");
    await held.noted(lastUpdateId);
    await held.release();
    await Promise.all([first, second]);
    expect(said().map((text) => text.slice(0, 6))).toEqual(["Choose", "/learn"]);
  });

  it("are noted while they wait for one another, and are not handled again", async () => {
    await openScenario();
    model.hangsAt.add("assess");
    const run = say(ANSWER);
    await vi.waitUntil(() => model.asked.includes("assess"));
    const waiting = say("/help");
    await vi.waitUntil(async () => (await unfinished()).includes(lastUpdateId));
    lastUpdateId -= 1;
    const again = say("/help");
    await say("/cancel");
    await Promise.all([run, waiting, again]);
    expect(said().filter((text) => text.startsWith("/learn"))).toHaveLength(1);
  });
});

describe("leaving what runs", () => {
  it("the button of the exercise does so, ahead of the queue", async () => {
    await openScenario();
    model.hangsAt.add("assess");
    const run = say(ANSWER);
    await vi.waitUntil(() => model.asked.includes("assess"));
    await press("cancel");
    await run;
    expect(said().slice(-2)).toEqual([
      "Stopped, as you asked.",
      expect.stringContaining("Nothing was scored"),
    ]);
  });

  it("/cancel reaches an answer that has come before it, and has not begun to run", async () => {
    await openScenario();
    model.hangsAt.add("assess");
    const held = await holdNextNote();
    const run = say(ANSWER);
    const cancel = say("/cancel");
    await held.noted(lastUpdateId);
    await held.release();
    await Promise.all([run, cancel]);
    expect(said().slice(-2)).toEqual([
      "Stopped, as you asked.",
      expect.stringContaining("Nothing was scored"),
    ]);
    model.hangsAt.clear();
    await openScenario();
    await say(ANSWER);
    expect(said().at(-1)).toContain("/100");
  });
});

describe("a score that cannot be delivered", () => {
  it("is not counted, and the exercise stays open", async () => {
    await openScenario();
    const description = "Bad Request: something about this text";
    world.server.script("editMessageText", { kind: "error", status: 400, description });
    await say(ANSWER);
    expect(said().at(-1)).toContain("Something went wrong on my side. Send it again");
    await say(ANSWER);
    expect(said().at(-1)).toMatch(/\/100[\s\S]*\+\d+ XP/);
  });
});

describe("a thumb", () => {
  it.each(["Bad Request: message is not modified", "Bad Request: message to edit not found"])(
    "pressed again, or on a message that is gone, is no failure: %s",
    async (description) => {
      await openScenario();
      await say(ANSWER);
      const [thumb] = JSON.stringify(world.server.messages).match(/rate:up:[0-9a-f]{32}/) ?? [];
      world.server.script(
        "editMessageReplyMarkup",
        { kind: "result", result: true },
        { kind: "error", status: 400, description },
      );
      const before = said().length;
      await press(thumb ?? "");
      await press(thumb ?? "");
      expect(world.server.callsOf("editMessageReplyMarkup")).toHaveLength(2);
      expect(said().slice(before)).toEqual([]);
    },
  );
});

describe("/forget", () => {
  it("gives up what is still being noted about the rep, instead of waiting for it", async () => {
    await openScenario();
    model.hangsAt.add("memory");
    await say(ANSWER);
    expect(said().at(-1)).toContain("/100");
    await press("forget:yes");
    expect(said().at(-1)).toContain("is erased");
    expect(await world.deps.records.readNotes(String(REP))).toEqual([]);
    expect(world.deps.background.size).toBe(0);
  });
});
