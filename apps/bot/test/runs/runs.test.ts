import { describe, expect, it } from "vitest";
import { BackgroundWork } from "../../src/runs/background-work.ts";
import { RunRegistry, RunStoppedError } from "../../src/runs/run-registry.ts";

describe("RunRegistry", () => {
  it("stops the run of one chat and leaves the others", () => {
    const runs = new RunRegistry();
    using mine = runs.begin(1);
    using other = runs.begin(2);
    const reason = new RunStoppedError("Stopped.");
    expect(runs.stop(1, reason)).toBe(true);
    expect(mine.signal.reason).toBe(reason);
    expect(other.signal.aborted).toBe(false);
  });

  it("has nothing to stop once a run has settled", () => {
    const runs = new RunRegistry();
    runs.begin(1)[Symbol.dispose]();
    expect(runs.stop(1, new RunStoppedError("Stopped."))).toBe(false);
    expect(runs.size).toBe(0);
  });

  it("stops what begins after everything was stopped", () => {
    const runs = new RunRegistry();
    using before = runs.begin(1);
    runs.stopAll(new RunStoppedError("Restarting."));
    using after = runs.begin(2);
    expect([before.signal.aborted, after.signal.aborted]).toEqual([true, true]);
  });
});

describe("BackgroundWork", () => {
  it("waits for what belongs to one rep", async () => {
    const work = new BackgroundWork();
    const done: string[] = [];
    const mine = Promise.withResolvers<void>();
    work.add(
      "1",
      mine.promise.then(() => void done.push("mine")),
    );
    work.add("2", new Promise<void>(() => undefined));
    const settled = work.settled("1").then(() => done.push("settled"));
    mine.resolve();
    await settled;
    expect(done).toEqual(["mine", "settled"]);
    expect(work.size).toBe(1);
  });

  it("gives up what is not done in time", async () => {
    const work = new BackgroundWork();
    work.add("1", new Promise<void>((resolve) => work.signal.addEventListener("abort", () => resolve())));
    await work.drain(10);
    expect(work.signal.aborted).toBe(true);
    expect(work.size).toBe(0);
  });

  it("leaves finished work alone", async () => {
    const work = new BackgroundWork();
    work.add("1", Promise.resolve());
    await work.drain(1_000);
    expect(work.signal.aborted).toBe(false);
  });
});
