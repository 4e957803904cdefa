import { describe, expect, it, vi } from "vitest";
import { isInSample, resolveSampling, type SamplingOptions } from "../../src/collector/sampling.ts";
import { TraceContext } from "../../src/core/trace-context.ts";
import { tracedSpan } from "../../src/core/traced-span.ts";
import { endOfTurn, imbalance, named, startService, takeAway } from "./service.ts";

const step = tracedSpan("step:a")(async () => endOfTurn());
const fail = tracedSpan("step:failing")(async () => {
  throw new Error("no");
});

function start(sampling: SamplingOptions) {
  const service = startService({ sampling });
  takeAway(service.backend);
  return service;
}

const run = (pipelineName: string, fn: () => unknown = step, tags?: string[]) =>
  TraceContext.run({ pipelineName, tags }, async () => fn()).catch(() => undefined);

describe("sampling", () => {
  it("keeps the share of traces it is given, each with all of its spans", async () => {
    const { collector, spooled } = start({ ratio: 0.5 });
    for (let n = 0; n < 400; n++) await run("learn");
    const records = spooled().filter(({ type }) => type === "span");
    const roots = records.filter(({ name }) => name === "learn");
    expect(roots.length).toBeGreaterThan(140);
    expect(roots.length).toBeLessThan(260);
    expect(records).toHaveLength(roots.length * 2);
    expect(roots.every(({ trace_id }) => isInSample(trace_id, 0.5))).toBe(true);
    const stats = collector.stats();
    expect(stats).toMatchObject({ ended: 800, pending: records.length, sampledOut: 800 - records.length });
  });

  it("keeps everything at 1, nothing at 0, and what a smaller ratio keeps at a larger one", () => {
    const ids = Array.from({ length: 500 }, () => crypto.randomUUID().replaceAll("-", ""));
    expect(ids.filter((id) => isInSample(id, 1))).toEqual(ids);
    expect(ids.filter((id) => isInSample(id, 0))).toEqual([]);
    const few = ids.filter((id) => isInSample(id, 0.1));
    expect(few.every((id) => isInSample(id, 0.4))).toBe(true);
  });

  it("shows a trace of the sample as running, and no other", async () => {
    const { spooled } = start({ ratio: 0, pipelines: { kept: { ratio: 1 } } });
    TraceContext.run({ pipelineName: "kept" }, () => expect(named(spooled(), "started")).toEqual(["kept"]));
    TraceContext.run({ pipelineName: "left" }, () => expect(named(spooled(), "started")).toEqual(["kept"]));
  });

  it("keeps a trace with a failed span, from that span on, unless told otherwise", async () => {
    const { spooled } = start({ ratio: 0, pipelines: { careless: { keepErrors: false } } });
    await run("recovered", async () => {
      await step();
      await fail().catch(() => undefined);
      expect(named(spooled())).toEqual([]);
      await endOfTurn();
      expect(named(spooled())).toEqual(["step:a", "step:failing"]);
      await step();
    });
    await run("careless", fail);
    expect(named(spooled())).toEqual(["step:a", "step:failing", "step:a", "recovered"]);
  });

  it("keeps a trace that took long", async () => {
    vi.useFakeTimers({ toFake: ["Date", "performance"] });
    try {
      const { spooled } = start({ ratio: 0, keepSlowerThanMs: 1_000 });
      TraceContext.run({ pipelineName: "quick" }, () => vi.advanceTimersByTime(999));
      TraceContext.run({ pipelineName: "slow" }, () => vi.advanceTimersByTime(1_000));
      expect(named(spooled())).toEqual(["slow"]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("keeps a trace with a tag, given at its start or on the way", async () => {
    const { spooled } = start({ ratio: 0, keepTags: ["vip"] });
    await run("at the start", step, ["vip"]);
    await run("on the way", () => TraceContext.current()?.addTag("vip"));
    await run("another", step, ["beta"]);
    expect(named(spooled()).filter((name) => name !== "step:a")).toEqual(["at the start", "on the way"]);
  });

  it("lets spans that come late follow the verdict", async () => {
    const { collector, spooled } = start({ ratio: 0, keepTags: ["vip"] });
    const late: Promise<void>[] = [];
    const failLate = tracedSpan("step:late")(async () => {
      await endOfTurn();
      throw new Error("too late to be kept for");
    });
    await run("kept", () => void late.push(step()), ["vip"]);
    await run(
      "left",
      () =>
        void late.push(
          step(),
          failLate().catch(() => undefined),
        ),
    );
    await Promise.all(late);
    await endOfTurn();
    expect(named(spooled()).toSorted()).toEqual(["kept", "step:a"]);
    expect(collector.stats()).toMatchObject({ ended: 5, sampledOut: 3, pending: 2 });
  });

  it("waits for the span above a run, when there is one", async () => {
    const { span, spooled, collector } = start({ ratio: 0 });
    const request = span("GET /");
    span("unrelated").end();
    expect(collector.stats()).toMatchObject({ sampledOut: 1 });
    request.end();
    expect(collector.stats()).toMatchObject({ ended: 2, sampledOut: 2, pending: 0 });
    expect(spooled()).toEqual([]);
  });

  it("balances at any time, also while traces wait for their verdict", async () => {
    const { collector } = start({ ratio: 0.3, keepErrors: true });
    const runs = Array.from({ length: 50 }, (_, n) =>
      run("mixed", async () => {
        await step();
        expect(imbalance(collector.stats())).toBe(0);
        await (n % 7 === 0 ? fail() : step());
      }),
    );
    await Promise.all(runs);
    const stats = collector.stats();
    expect(imbalance(stats)).toBe(0);
    expect(stats.sampledOut).toBeGreaterThan(0);
    expect(stats.pending).toBeGreaterThan(0);
  });

  it("keeps a run that stopping cuts off, as interrupted, with what it had", async () => {
    const { collector, backend } = startService({ sampling: { ratio: 0 } });
    const cut = Promise.withResolvers<void>();
    const running = run("cut off", async () => {
      await step();
      await cut.promise;
    });
    await vi.waitUntil(() => collector.stats().pending === 1);
    await collector.stop();
    expect(collector.stats()).toMatchObject({ delivered: 1, interrupted: 1, sampledOut: 0, pending: 0 });
    expect([...backend.stored.values()].map(({ name, status }) => [name, status])).toEqual([
      ["step:a", "ok"],
      ["cut off", "interrupted"],
    ]);
    cut.resolve();
    await running;
  });

  it("does not report spans of a trace it left out as interrupted", async () => {
    const { collector, backend } = startService({ sampling: { ratio: 0 } });
    const cut = Promise.withResolvers<void>();
    const background = tracedSpan("agent:memory")(() => cut.promise);
    await run("left", () => void background());
    await collector.stop();
    expect([...backend.stored.values()]).toEqual([]);
    expect(collector.stats()).toMatchObject({ interrupted: 0, sampledOut: 1 });
    cut.resolve();
  });
});

describe("the options of sampling", () => {
  it.each([
    [{ ratio: 1.5 }, "sampling.ratio is 1.5; accepted: a number from 0 to 1."],
    [{ ratio: Number.NaN }, "sampling.ratio is NaN; accepted: a number from 0 to 1."],
    [{ ratio: 1, keepErrors: "yes" }, 'sampling.keepErrors is "yes"; accepted: true or false.'],
    [
      { ratio: 1, keepSlowerThanMs: -1 },
      "sampling.keepSlowerThanMs is -1; accepted: milliseconds, 0 or more.",
    ],
    [{ ratio: 1, keepTags: "vip" }, 'sampling.keepTags is "vip"; accepted: an array of texts.'],
    [
      { pipelines: { learn: { ratio: -1 } } },
      "sampling.pipelines.learn.ratio is -1; accepted: a number from 0 to 1.",
    ],
  ])("refuse %j", (options, message) => {
    expect(() => resolveSampling(options as SamplingOptions)).toThrow(message);
  });

  it("refuse what is not known, and name it", () => {
    expect(() => resolveSampling({ rate: 0.1 } as SamplingOptions)).toThrow("sampling.rate");
    expect(() =>
      startService({ sampling: { pipelines: { learn: { rate: 1 } } } as SamplingOptions }),
    ).toThrow("sampling.pipelines.learn.rate");
  });

  it("let a pipeline's rule change only what it names", () => {
    const { ruleFor } = resolveSampling({
      ratio: 0.1,
      keepSlowerThanMs: 500,
      pipelines: { learn: { ratio: 1 } },
    });
    expect(ruleFor("learn")).toMatchObject({ ratio: 1, keepErrors: true, keepSlowerThanMs: 500 });
    expect(ruleFor("train")).toMatchObject({ ratio: 0.1 });
    expect(ruleFor(undefined)).toMatchObject({ ratio: 0.1 });
  });
});
