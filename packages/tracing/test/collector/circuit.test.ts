import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Circuit } from "../../src/collector/circuit.ts";

const never = new AbortController().signal;

describe("Circuit", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
  afterEach(() => void vi.useRealTimers());

  it("lets everyone pass while all is well", async () => {
    const circuit = new Circuit();
    await circuit.pass(never);
    await circuit.pass(never);
    expect(circuit.state).toBe("ok");
  });

  it("sends one ahead after the delay, and the others when it has passed", async () => {
    const circuit = new Circuit({ minDelayMs: 1_000 });
    circuit.fail({ state: "retrying", reason: "down" });
    const passed: string[] = [];
    void circuit.pass(never).then(() => passed.push("first"));
    void circuit.pass(never).then(() => passed.push("second"));

    await vi.advanceTimersByTimeAsync(499);
    expect(passed).toEqual([]);
    await vi.advanceTimersByTimeAsync(501);
    expect(passed).toEqual(["first"]);
    circuit.succeed();
    await vi.advanceTimersByTimeAsync(0);
    expect(passed).toEqual(["first", "second"]);
  });

  it("doubles its delay up to the maximum, with at least half of it certain", async () => {
    const circuit = new Circuit({ minDelayMs: 1_000, maxDelayMs: 8_000 });
    for (const least of [500, 1_000, 2_000, 4_000, 4_000]) {
      circuit.fail({ state: "retrying", reason: "down" });
      const before = performance.now();
      const passing = circuit.pass(never);
      await vi.advanceTimersByTimeAsync(8_000);
      await passing;
      const waited = Math.min(performance.now() - before, 8_000);
      expect(waited).toBeGreaterThanOrEqual(least);
    }
  });

  it("waits as long as the backend asked", async () => {
    const circuit = new Circuit({ minDelayMs: 10 });
    circuit.fail({ state: "retrying", reason: "429", afterMs: 30_000 });
    let passed = false;
    void circuit.pass(never).then(() => {
      passed = true;
    });

    await vi.advanceTimersByTimeAsync(29_999);
    expect(passed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(passed).toBe(true);
  });

  it("backs off from a backend that asks for no wait, however often it does", async () => {
    const circuit = new Circuit({ minDelayMs: 1_000, maxDelayMs: 4_000 });
    for (const least of [500, 1_000, 2_000, 2_000]) {
      circuit.fail({ state: "retrying", reason: "429", afterMs: 0 });
      let passed = false;
      void circuit.pass(never).then(() => {
        passed = true;
      });
      await vi.advanceTimersByTimeAsync(least - 1);
      expect(passed).toBe(false);
      await vi.advanceTimersByTimeAsync(4_000);
      expect(passed).toBe(true);
    }
  });

  it("waits as long as one batch was asked to when another one then fails without a word", async () => {
    const circuit = new Circuit({ minDelayMs: 10, probeEveryMs: 1_000, probe: async () => true });
    circuit.fail({ state: "retrying", reason: "429", afterMs: 30_000 });
    circuit.fail({ state: "retrying", reason: "503" });
    let passed = false;
    void circuit.pass(never).then(() => {
      passed = true;
    });

    await vi.advanceTimersByTimeAsync(29_999);
    expect(passed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(passed).toBe(true);
  });

  it("waits as long as it was asked to when another batch, on its way before, is stored then", async () => {
    const circuit = new Circuit({ minDelayMs: 10 });
    circuit.fail({ state: "retrying", reason: "429", afterMs: 30_000 });
    circuit.succeed();
    let passed = false;
    void circuit.pass(never).then(() => {
      passed = true;
    });

    await vi.advanceTimersByTimeAsync(29_999);
    expect(passed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(passed).toBe(true);
    circuit.succeed();
    expect(circuit.open).toBe(true);
  });

  it("counts batches that fail together as one failure", async () => {
    const circuit = new Circuit({ minDelayMs: 1_000, maxDelayMs: 60_000 });
    for (let batch = 0; batch < 4; batch++) circuit.fail({ state: "retrying", reason: "down" });
    let passed = false;
    void circuit.pass(never).then(() => {
      passed = true;
    });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(passed).toBe(true);
  });

  it("opens as soon as a probe finds the backend well again", async () => {
    let back = false;
    const circuit = new Circuit({ minDelayMs: 60_000, probeEveryMs: 5_000, probe: async () => back });
    circuit.fail({ state: "retrying", reason: "down" });
    let passed = false;
    void circuit.pass(never).then(() => {
      passed = true;
    });

    await vi.advanceTimersByTimeAsync(10_000);
    expect(passed).toBe(false);
    back = true;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(passed).toBe(true);
  });

  it("tells each change of state once", () => {
    const changes: string[] = [];
    const circuit = new Circuit({ onChange: (state) => changes.push(state) });
    circuit.fail({ state: "paused", reason: "401" });
    circuit.fail({ state: "paused", reason: "401" });
    circuit.succeed();
    circuit.succeed();
    circuit.close();
    expect(changes).toEqual(["paused", "ok"]);
  });

  it("lets a waiting caller go when its signal aborts", async () => {
    const circuit = new Circuit();
    circuit.fail({ state: "retrying", reason: "down" });
    const abort = new AbortController();
    const passing = circuit.pass(abort.signal);
    abort.abort();
    await expect(passing).resolves.toBeUndefined();
  });
});
