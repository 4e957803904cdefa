import type { TraceSummary } from "@app/tracing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  type PostgresServer,
  startPostgres,
} from "../../../../packages/tracing/test/support/postgres-server.ts";
import type { ChatUser } from "../support/chat-user.ts";
import { createTestWorld, type World } from "./world.ts";

let postgres: PostgresServer;

beforeAll(async () => {
  postgres = await startPostgres();
}, 120_000);

afterAll(() => postgres.stop());

const USERS = [11, 12, 13, 14, 15];

/** Each of the users describes a deal, and the model holds its answer back. */
async function beginFiveRuns(world: World): Promise<{ users: ChatUser[]; release(): void }> {
  const held = Promise.withResolvers<void>();
  world.model.enqueue(...USERS.map(() => ({ kind: "text", task: "signals", after: held.promise }) as const));
  const users = USERS.map((id) => world.user(id));
  for (const user of users) {
    await user.send("/support");
    await user.expect("Reply with your answer");
    await user.send(`The buyer of user ${user.id} went silent after our proposal of 40,000 euros in May.`);
  }
  await world.model.received(USERS.length);
  return { users, release: held.resolve };
}

async function storedRuns(world: World): Promise<TraceSummary[]> {
  const { traces } = await world.store.repo.listTraces({ pipelineName: "support", limit: 100 });
  return traces;
}

describe("stopping the bot", () => {
  it("stops updates, then handlers, background work, the collector and the client", async () => {
    const world = await createTestWorld({ databaseUrl: await postgres.createDatabase() });
    const bot = await world.startBot();
    const { code } = await bot.end();
    expect(code).toBe(0);
    const steps = bot.lines().flatMap(({ msg }) => (/^(Started|Stopped): /.test(msg) ? [msg] : []));
    expect(steps).toEqual([
      "Started: database client",
      "Started: records",
      "Started: trace collector",
      "Started: updates",
      "Stopped: updates",
      "Stopped: handlers",
      "Stopped: background work",
      "Stopped: trace collector",
      "Stopped: records",
      "Stopped: database client",
    ]);
  });

  it("SIGTERM in the middle of five runs: those that finish in time are answered, and every trace is stored", async () => {
    const world = await createTestWorld({ databaseUrl: await postgres.createDatabase() });
    const bot = await world.startBot();
    const { users, release } = await beginFiveRuns(world);
    const ended = bot.end("SIGTERM");
    await bot.logged("Stopped: updates");
    release();
    const { code, tookMs } = await ended;
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(8_000);
    for (const user of users) await user.expect("Draft message");
    const traces = await storedRuns(world);
    expect(traces.map(({ userId }) => Number(userId)).toSorted()).toEqual(USERS);
    expect(new Set(traces.map(({ status }) => status))).toEqual(new Set(["ok"]));
  });

  it("SIGTERM in the middle of five runs that hang: each gets an apology within 8 s, and every trace is stored", async () => {
    const world = await createTestWorld({ databaseUrl: await postgres.createDatabase() });
    const bot = await world.startBot();
    const { users } = await beginFiveRuns(world);
    const { code, tookMs } = await bot.end("SIGTERM");
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(8_000);
    for (const user of users) {
      await user.expect("I am being restarted");
      expect(await user.answers()).toHaveLength(1);
    }
    const traces = await storedRuns(world);
    expect(traces.map(({ userId }) => Number(userId)).toSorted()).toEqual(USERS);
    expect(new Set(traces.map(({ status }) => status))).toEqual(new Set(["error"]));
  });

  it("SIGTERM while the database hangs: each run gets an apology within 8 s, and its trace waits in the spool", async () => {
    const world = await createTestWorld({ databaseUrl: await postgres.createDatabase() });
    const bot = await world.startBot();
    const { users } = await beginFiveRuns(world);
    const other = world.user(16);
    await other.send("/help");
    await other.expect("/learn");
    const endHang = world.insforge.fault(() => ({ kind: "hang" }));
    await other.send("/learn");
    await bot.logged(/^Sessions cannot be saved now/);
    const { code, tookMs } = await bot.end("SIGTERM");
    expect(bot.lines().map(({ msg }) => msg)).not.toContainEqual(expect.stringContaining("cut short"));
    expect(tookMs).toBeLessThan(8_000);
    expect(code).toBe(0);
    for (const user of users) await user.expect("I am being restarted");
    endHang();
    await world.startBot();
    await vi.waitUntil(
      async () => {
        const traces = await storedRuns(world);
        return traces.length === USERS.length && traces.every(({ status }) => status === "error");
      },
      { timeout: 20_000 },
    );
  });

  it("SIGTERM while neither Telegram nor the database answers takes no longer", async () => {
    const world = await createTestWorld({ databaseUrl: await postgres.createDatabase() });
    const bot = await world.startBot();
    await beginFiveRuns(world);
    world.insforge.fault(() => ({ kind: "hang" }));
    await world.telegram.close();
    const { code, tookMs } = await bot.end("SIGTERM");
    expect(tookMs).toBeLessThan(8_000);
    expect(code).toBe(0);
  });

  it("a second signal stops at once", async () => {
    const world = await createTestWorld({ databaseUrl: await postgres.createDatabase() });
    const bot = await world.startBot();
    await beginFiveRuns(world);
    bot.child.kill("SIGTERM");
    await bot.logged(/^Stopping;/);
    const { code, tookMs } = await bot.end("SIGINT");
    expect(code).toBe(1);
    expect(tookMs).toBeLessThan(2_000);
  });
});

describe("killing the bot", () => {
  it("SIGKILL in the middle of five runs: they are interrupted, nothing is done twice, and the users are told", async () => {
    const world = await createTestWorld({ databaseUrl: await postgres.createDatabase() });
    const bot = await world.startBot();
    const { users } = await beginFiveRuns(world);
    await bot.end("SIGKILL");
    const again = await world.startBot();
    for (const user of users) {
      await user.expect("I was restarted in the middle of your last message");
    }
    const traces = await vi.waitUntil(
      async () => {
        const stored = await storedRuns(world);
        return (
          stored.length === USERS.length && stored.every(({ status }) => status === "interrupted") && stored
        );
      },
      { timeout: 20_000 },
    );
    expect(traces.map(({ userId }) => Number(userId)).toSorted()).toEqual(USERS);

    // The exercise is still open: what the user sends again is taken as the answer.
    const [first] = users;
    await first?.send(
      "The buyer went silent after our proposal of 40,000 euros in May, and I have no next step.",
    );
    await first?.expect("Draft message");
    await again.end();
    expect((await storedRuns(world)).length).toBe(USERS.length + 1);
    expect(world.model.requests.filter(({ task }) => task === "signals")).toHaveLength(USERS.length + 1);
  });
});
