import { readMigrations, TraceContext } from "@app/tracing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createAdmin } from "../../../src/handlers/admin/index.ts";
import { AdminWorld } from "./admin-world.ts";

let world: AdminWorld;

describe("/admin health", () => {
  beforeAll(async () => {
    world = await AdminWorld.start();
  });
  afterAll(() => world.stop());

  it("tells how the bot, Telegram and the store are, and what became of every span", async () => {
    await TraceContext.run({ pipelineName: "learn" }, async () => undefined);
    await world.tracing.forceFlush();
    const { text, buttons } = await world.send("/admin health");
    expect([...buttons.keys()]).toEqual(["Refresh", "Overview"]);
    expect(text).toMatch(/^Bot\nUp \d+ s, [\d,]+ MB of memory\nNow: 0 runs, 0 background jobs\n/);
    expect(text).toContain("Model: offline, rule-based-coach");
    expect(text).toMatch(/@coach_bot, local at http:\/\/127\.0\.0\.1:\d+\nPolling, last poll \d+ s ago/);
    expect(text).toContain(
      `Store\n${world.opened.store.description}\nSchema tracing: version ${readMigrations().length}\nSchema bot: version`,
    );
    expect(text).toContain("Delivery: ok\nSpool: empty");
    expect(text).toMatch(/ {2}delivered +1\n\+ pending +0\n/);
    expect(text).toMatch(/= spans ended +1\n {2}interrupted +0$/);
    expect(text).not.toContain(world.server.token);
  });

  it("explains a conflict, and says since when Telegram is away", async () => {
    const since = new Date(Date.now() - 300_000);
    world.polling = { state: "conflict", lastPollAt: since, since, misshapen: 0 };
    expect((await world.send("/admin health")).text).toContain(
      "Conflict (409) for 5 min, last poll 5 min ago: another instance polls with this bot's token. End it;",
    );
    world.polling = { state: "unreachable", lastPollAt: undefined, since, misshapen: 0 };
    expect((await world.send("/admin health")).text).toContain(
      "Telegram does not answer for 5 min, no poll answered yet.",
    );
  });
});

describe("/admin health with a store that refuses", () => {
  beforeEach(async () => {
    // Without a session, which could not be read either.
    world = await AdminWorld.start({ store: "insforge", features: createAdmin() });
  });
  afterEach(() => world.stop());

  it("still answers while the database is away, and every command that needs it says so", async () => {
    await world.opened.backend?.down();
    await TraceContext.run({ pipelineName: "learn" }, async () => undefined);
    const { text } = await world.send("/admin health");
    expect(text).toContain("Polling, last poll");
    expect(text).toMatch(
      /InsForge at http:\/\/127\.0\.0\.1:\d+\nInsForge does not answer: .+Check INSFORGE_BASE_URL/,
    );
    expect(text).toMatch(/\+ pending +1\n/);
    expect(text).toMatch(/Spool: 1 span waits, the oldest for \d+ s/);
    for (const command of ["traces", "trace latest", `trace ${"0".repeat(32)}`, "errors", "stats"]) {
      const answer = await world.send(`/admin ${command}`);
      expect(answer.text).toContain("The traces cannot be read now. InsForge does not answer");
      expect([...answer.buttons.keys()]).toEqual(["Health", "Overview"]);
    }
  });

  it("says what mends a store whose key is refused", async () => {
    const { backend } = world.opened;
    if (!backend || !("rotateKey" in backend) || typeof backend.rotateKey !== "function") {
      throw new Error("The stand-in has keys.");
    }
    backend.rotateKey();
    await TraceContext.run({ pipelineName: "learn" }, async () => undefined);
    await vi.waitUntil(() => world.tracing.stats().state === "paused", { timeout: 10_000 });
    const { text } = await world.send("/admin health");
    expect(text).toContain("It refuses the key");
    expect(text).toContain("Set INSFORGE_API_KEY to the project's API key");
    expect(text).toMatch(/Delivery: paused, the store refuses the key: .+ Set INSFORGE_API_KEY/);
    const list = await world.send("/admin traces");
    expect(list.text).toContain("The traces cannot be read now. It refuses the key");
  });
});
