import { describe, expect, it } from "vitest";
import { BackgroundWork } from "../../src/runs/background-work.ts";
import { RunRegistry, RunStoppedError } from "../../src/runs/run-registry.ts";

describe("RunRegistry", () => {
  it("stops the run of one chat and leaves the others", () => {
    const runs = new RunRegistry();
    using mine = runs.begin(1);
    using other = runs.begin(2);
    const reason = new RunStoppedError("Stopped.");
    using _stop = runs.stop(1, reason);
    expect(mine.signal.reason).toBe(reason);
    expect(other.signal.aborted).toBe(false);
  });

  it("stops every run of a chat, also one that another has overtaken", () => {
    const runs = new RunRegistry();
    using first = runs.begin(1);
    runs.begin(1)[Symbol.dispose]();
    runs.stopAll(new RunStoppedError("Restarting."));
    expect(first.signal.aborted).toBe(true);
    expect(runs.size).toBe(1);
  });

  it("stops what begins in the chat until the stop is over", () => {
    const runs = new RunRegistry();
    const stop = runs.stop(1, new RunStoppedError("Stopped."));
    using queued = runs.begin(1);
    using other = runs.begin(2);
    stop[Symbol.dispose]();
    using later = runs.begin(1);
    expect([queued, other, later].map(({ signal }) => signal.aborted)).toEqual([true, false, false]);
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

  it("gives up what belongs to one rep", async () => {
    const work = new BackgroundWork();
    const [mine, other] = [new AbortController(), new AbortController()];
    const untilGivenUp = ({ signal }: AbortController) =>
      new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    work.add("1", untilGivenUp(mine), mine);
    work.add("2", untilGivenUp(other), other);
    await work.giveUp("1");
    expect([mine.signal.aborted, other.signal.aborted]).toEqual([true, false]);
    expect(work.size).toBe(1);
  });

  it("does not wait for what goes on although it was given up", async () => {
    const work = new BackgroundWork();
    work.add("1", new Promise<void>(() => undefined));
    await work.drain(10);
    expect(work.signal.aborted).toBe(true);
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
