import { describe, expect, it } from "vitest";
import { type Health, toHealthText } from "../../../src/handlers/admin/health-view.ts";

const NOW = new Date("2026-11-24T10:00:00Z");
const before = (ms: number) => new Date(NOW.getTime() - ms);

const well: Health = {
  now: NOW,
  startedAt: before(7_500_000),
  memoryBytes: 143_000_000,
  model: { provider: "openrouter", model: "anthropic/claude-sonnet-4.5" },
  runs: 1,
  backgroundJobs: 2,
  telegram: {
    username: "coach_bot",
    apiRoot: "https://api.telegram.org",
    polling: { state: "polling", lastPollAt: before(3_000), since: before(7_000_000), misshapen: 0 },
    leftOut: 0,
  },
  store: { kind: "postgres", description: "PostgreSQL at db.example:5432/coach" },
  schemas: { traces: { version: 5, needed: 5 }, records: { version: 1, needed: 1 } },
  delivery: {
    ended: 1_240,
    delivered: 1_230,
    pending: 4,
    deadLettered: 1,
    sampledOut: 0,
    dropped: { disk: 3, "spool-full": 2 },
    interrupted: 1,
    oldestPendingMs: 65_000,
    state: "ok",
  },
};

const read = (changes: Partial<Health>) => toHealthText({ ...well, ...changes }).text;

describe("toHealthText", () => {
  it("reads at a glance when all is well", () => {
    expect(read({}).split("\n\n").slice(0, 4)).toEqual([
      "Bot\nUp 2 h 5 min, 143 MB of memory\nNow: 1 run, 2 background jobs\nModel: openrouter, anthropic/claude-sonnet-4.5",
      "Telegram\n@coach_bot, on Telegram\nPolling, last poll 3 s ago",
      "Store\nPostgreSQL at db.example:5432/coach\nSchema tracing: version 5\nSchema bot: version 1",
      "Traces\nDelivery: ok\nSpool: 4 spans wait, the oldest for 1 min 5 s",
    ]);
  });

  it("adds up what became of every span, and says why some were dropped", () => {
    expect(read({}).split("\n\n")[4]?.split("\n")).toEqual([
      "  delivered     1,230",
      "+ pending           4",
      "+ dead letters      1",
      "+ dropped           5",
      "+ sampled out       0",
      "= spans ended   1,240",
      "  interrupted       1",
      "dropped: disk 3, spool-full 2",
    ]);
  });

  it("names the cure of each trouble with delivery", () => {
    const delivery = (state: Health["delivery"]["state"], lastError = "The store said no.") =>
      read({ delivery: { ...well.delivery, state, lastError } });
    expect(delivery("retrying")).toContain("Delivery: retrying: The store said no. Nothing is lost");
    expect(delivery("paused")).toContain(
      "paused, the store refuses the key: The store said no. Check user and password in DATABASE_URL",
    );
    expect(delivery("schema-missing")).toContain("Run `tracing migrate`, or start the bot again.");
    expect(delivery("stopped")).toContain("stopped; what ends from now on is not recorded.");
  });

  it("says what to do about a schema that is behind or ahead", () => {
    const text = read({
      schemas: { traces: { version: 4, needed: 5 }, records: { version: 2, needed: 1 } },
    });
    expect(text).toContain("Schema tracing: version 4, needed is 5. Start the bot again: it migrates.");
    expect(text).toContain("Schema bot: version 2, known is 1. A newer bot has migrated this store");
  });

  it("tells a trouble that both schemas share once, and others apart", () => {
    const away = { trouble: "unreachable", problem: "PostgreSQL does not answer." };
    expect(read({ schemas: { traces: away, records: away } })).toContain(
      "coach\nPostgreSQL does not answer.\n\n",
    );
    const missing = { trouble: "schema-missing", problem: "The schema is missing." };
    expect(read({ schemas: { traces: { version: 5, needed: 5 }, records: missing } })).toContain(
      "Schema tracing: version 5\nSchema bot: The schema is missing.",
    );
  });

  it("counts the updates that were left out, by why", () => {
    const polling = { ...well.telegram.polling, misshapen: 2 };
    expect(read({ telegram: { ...well.telegram, polling, leftOut: 1_480 } })).toContain(
      "ago\nLeft out: 1,480 sent too fast, 2 that were no updates\n",
    );
  });

  it("tells where the Bot API is, and never with a path", () => {
    const at = (apiRoot: string) => read({ telegram: { ...well.telegram, apiRoot } });
    expect(at("http://127.0.0.1:8081/secret")).toContain("local at http://127.0.0.1:8081\n");
    expect(at("https://bots.example/api")).toContain("Bot API at https://bots.example\n");
  });
});
