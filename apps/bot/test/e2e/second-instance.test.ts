import { describe, expect, it } from "vitest";
import { ADMIN, createTestWorld } from "./world.ts";

describe("another instance that polls with the same token", () => {
  it("is waited for, logged once, and shown in /admin health", async () => {
    const world = await createTestWorld();
    const bot = await world.startBot();
    const poll = () =>
      fetch(`${world.telegram.url}/bot${world.secrets.telegram}/getUpdates`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ offset: 0, timeout: 0 }),
      });
    // Each of these ends the poll of the bot that is under way.
    for (const _ of [1, 2, 3]) {
      await poll();
      await new Promise((resolve) => setTimeout(resolve, 1_500));
    }
    const conflicts = () => bot.lines().filter(({ msg }) => msg.startsWith("Another instance receives"));
    expect(conflicts()).toHaveLength(1);

    const admin = world.user(ADMIN);
    await admin.send("/admin health");
    await admin.expect("Conflict (409)");
    await admin.expect("another instance polls with this bot's token");
    expect(conflicts()).toHaveLength(1);
  });
});
