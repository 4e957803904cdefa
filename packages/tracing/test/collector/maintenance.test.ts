import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Maintenance } from "../../src/collector/maintenance.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const HOUR_MS = 60 * 60 * 1000;

function setUp() {
  const state = { calls: 0, fails: false };
  const lines: string[] = [];
  const exporter = {
    send: async () => ({ status: "stored" as const }),
    async maintain() {
      state.calls += 1;
      if (state.fails) throw new Error("lock not available");
    },
  };
  const say = (line: string) => void lines.push(line);
  return { state, lines, maintenance: new Maintenance(exporter, { info: say, warn: say }) };
}

it("the backend is asked for its housekeeping at start and every six hours", async () => {
  const { state, lines, maintenance } = setUp();
  maintenance.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(state.calls).toBe(1);
  await vi.advanceTimersByTimeAsync(12 * HOUR_MS);
  expect(state.calls).toBe(3);
  maintenance.stop();
  await vi.advanceTimersByTimeAsync(24 * HOUR_MS);
  expect(state.calls).toBe(3);
  expect(lines).toEqual([]);
});

it("one that fails is asked again sooner, and it is said once that it keeps failing", async () => {
  const { state, lines, maintenance } = setUp();
  state.fails = true;
  maintenance.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(lines).toEqual([]);
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  expect(state.calls).toBeGreaterThan(10);
  expect(lines).toEqual(["Maintenance of the trace store keeps failing: lock not available"]);
  state.fails = false;
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  const { calls } = state;
  await vi.advanceTimersByTimeAsync(6 * HOUR_MS);
  expect(state.calls).toBe(calls + 1);
  maintenance.stop();
});

it("a backend without housekeeping is left alone", async () => {
  const exporter = { send: async () => ({ status: "stored" as const }) };
  const maintenance = new Maintenance(exporter, { info: () => undefined, warn: () => undefined });
  maintenance.start();
  expect(vi.getTimerCount()).toBe(0);
});
