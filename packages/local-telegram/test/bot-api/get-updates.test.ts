import { describe, expect, it } from "vitest";
import { openLocalTelegram, refusal } from "../support/local-telegram.ts";

describe("getUpdates", () => {
  it("keeps what was sent before a bot was up, in order, until it is confirmed", async () => {
    const before = Date.now();
    const { api, say } = await openLocalTelegram();
    await say(1, "one");
    await say(2, "two");
    await say(1, "three");
    const updates = await api.getUpdates();
    expect(updates.map(({ message }) => message?.text)).toEqual(["one", "two", "three"]);
    expect(updates.map(({ message }) => message?.message_id)).toEqual([1, 1, 2]);
    expect(updates[0]?.update_id).toBeGreaterThan(before);
    expect(await api.getUpdates()).toEqual(updates);
    expect(await api.getUpdates({ limit: 1 })).toEqual(updates.slice(0, 1));
    expect(await api.getUpdates({ offset: updates[1]?.update_id ?? 0 })).toEqual(updates.slice(1));
    expect(await api.getUpdates()).toEqual(updates.slice(1));
  });

  it("counts a negative offset from the end and forgets what is before", async () => {
    const { api, say } = await openLocalTelegram();
    for (const text of ["one", "two", "three"]) await say(1, text);
    expect((await api.getUpdates({ offset: -1 })).map(({ message }) => message?.text)).toEqual(["three"]);
    expect(await api.getUpdates()).toHaveLength(1);
  });

  it("waits for the next update and answers as soon as it is there", async () => {
    const { api, say, chat } = await openLocalTelegram();
    const { activity } = await chat(1);
    const poll = api.getUpdates({ timeout: 30 });
    expect((await chat(1, 0, `&wait=5000&activity=${activity}`)).bot).toBe("online");
    await say(1, "/start@local_coach_bot and go");
    expect(await poll).toMatchObject([
      {
        message: {
          text: "/start@local_coach_bot and go",
          entities: [{ type: "bot_command", offset: 0, length: 22 }],
          from: { id: 1, is_bot: false },
          chat: { id: 1, type: "private" },
        },
      },
    ]);
  });

  it("ends an older request when a newer one comes", async () => {
    const { api, say, chat } = await openLocalTelegram();
    const { activity } = await chat(1);
    const older = refusal(api.getUpdates({ timeout: 30 }));
    await chat(1, 0, `&wait=5000&activity=${activity}`);
    const newer = api.getUpdates({ timeout: 30 });
    expect(await older).toBe(
      "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    );
    await say(1, "hi");
    expect(await newer).toHaveLength(1);
  });

  it("loses nothing to a client that went away while it waited", async () => {
    const { api, say, chat } = await openLocalTelegram();
    const { activity } = await chat(1);
    const gone = new AbortController();
    const poll = api.getUpdates({ timeout: 30 }, gone.signal as never).catch(() => "gone");
    await chat(1, 0, `&wait=5000&activity=${activity}`);
    gone.abort();
    expect(await poll).toBe("gone");
    await say(1, "hi");
    expect(await api.getUpdates({ timeout: 5 })).toHaveLength(1);
  });

  it("queues the kinds of updates that the bot asked for", async () => {
    const { api, say } = await openLocalTelegram();
    await api.getUpdates({ allowed_updates: ["callback_query"] });
    expect(await say(1, "unheard")).toMatchObject({ updateId: null });
    await api.getUpdates({ allowed_updates: [] });
    await say(1, "heard");
    expect((await api.getUpdates()).map(({ message }) => message?.text)).toEqual(["heard"]);
  });

  it("drops what waits when the bot says so", async () => {
    const { api, say } = await openLocalTelegram();
    await say(1, "hi");
    await api.deleteWebhook();
    expect(await api.getWebhookInfo()).toMatchObject({ pending_update_count: 1 });
    await api.deleteWebhook({ drop_pending_updates: true });
    expect(await api.getUpdates()).toEqual([]);
  });
});
