import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { openTcpGate } from "../support/tcp-gate.ts";
import { SPANS_PER_TRACE } from "./children/workload.ts";
import { messageOf, migratedDatabase, scratchDir, startProcess } from "./service-process.ts";
import { inexact, readTraces, readWitness } from "./stored-traces.ts";

const SPANS_PER_SECOND = 500;
const WELL_MS = 5_000;
const DOWN_MS = 60_000;
const MAX_GROWTH_BYTES = 32 * 2 ** 20;

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => server?.stop());

describe("a database that is away for a minute", { timeout: 240_000 }, () => {
  it("has everything within 30 s of its return, and the service's memory has not grown", async () => {
    const direct = await migratedDatabase(server);
    const gate = await openTcpGate({ host: "127.0.0.1", port: Number(new URL(direct).port) });
    onTestFinished(() => gate.close());
    const gated = new URL(direct);
    gated.port = String(gate.port);
    const dir = scratchDir();
    const logFile = join(dir, "events.log");

    const service = startProcess("steady", logFile, gated.href, join(dir, "data"), String(SPANS_PER_SECOND));
    await messageOf(service);
    await pause(WELL_MS);
    await gate.shut();
    await pause(DOWN_MS);
    const heldBack = readWitness(logFile).settled;
    const storedWhileDown = await readTraces(direct);
    await gate.open();
    const back = performance.now();

    // Whatever had settled when the database returned, while the service goes on as before.
    const missing = async () => {
      const stored = await readTraces(direct);
      return [...heldBack].filter(
        (id) => stored.get(id)?.spans !== SPANS_PER_TRACE || stored.get(id)?.status !== "ok",
      );
    };
    while ((await missing()).length > 0 && performance.now() - back < 30_000) await pause(250);
    const drainedMs = performance.now() - back;
    expect(await missing()).toEqual([]);

    const last = messageOf(service);
    service.send("stop");
    const stats = await last;
    if (service.exitCode === null) await once(service, "exit");

    const { settled, lines } = readWitness(logFile);
    const stored = await readTraces(direct);
    expect([...settled].filter((id) => stored.get(id)?.spans !== SPANS_PER_TRACE)).toEqual([]);
    expect(inexact(stored.values())).toEqual([]);
    expect(stats).toMatchObject({
      pending: 0,
      deadLettered: 0,
      dropped: {},
      delivered: settled.size * SPANS_PER_TRACE,
    });

    // The outage did happen, and under the load that is claimed.
    expect(heldBack.size - storedWhileDown.size).toBeGreaterThan(
      (DOWN_MS / 1_000) * (SPANS_PER_SECOND / SPANS_PER_TRACE) * 0.9,
    );

    const states = lines
      .filter(([word]) => word === "rss")
      .map(([, second, bytes, p99Ms]) => ({
        second: Number(second),
        bytes: Number(bytes),
        p99Ms: Number(p99Ms),
      }));
    const afterFirstMinute = states.filter(({ second }) => second >= 60).map(({ bytes }) => bytes);
    const growth = Math.max(...afterFirstMinute) - (afterFirstMinute[0] ?? 0);
    expect(afterFirstMinute.length).toBeGreaterThan(5);
    expect(growth).toBeLessThan(MAX_GROWTH_BYTES);

    const mb = (bytes: number) => Math.round(bytes / 2 ** 20);
    const slowest = (from: number, to: number) =>
      Math.max(...states.filter(({ second }) => second > from && second <= to).map(({ p99Ms }) => p99Ms));
    console.log(
      `${settled.size * SPANS_PER_TRACE} spans; ${(heldBack.size - storedWhileDown.size) * SPANS_PER_TRACE} waited and were stored ` +
        `${(drainedMs / 1_000).toFixed(1)} s after the return; RSS ${mb(states[4]?.bytes ?? 0)} MB after 5 s, ` +
        `${mb(afterFirstMinute[0] ?? 0)} MB after a minute, at most ${mb(Math.max(...states.map(({ bytes }) => bytes)))} MB; ` +
        `worst p99 of a run in any second ${slowest(1, 5)} ms before, ${slowest(6, 60)} ms during`,
    );
  });
});
