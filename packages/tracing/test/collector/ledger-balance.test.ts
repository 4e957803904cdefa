import fc from "fast-check";
import { expect, it } from "vitest";
import type { TraceCollector } from "../../src/collector/trace-collector.ts";
import type { MemoryBackend } from "../support/memory-backend.ts";
import { endOfTurn, imbalance, type Service, startService } from "./service.ts";

type Step =
  | { do: "start"; poison: boolean }
  | { do: "end"; which: number }
  | { do: "end unreadable" }
  | { do: "wait" }
  | { do: "flush" }
  | { do: "answer"; how: "stored" | "retry" | "unauthorized" | "schema-missing" | "too-large" };

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("start"), poison: fc.boolean() }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("end"), which: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.constant({ do: "end unreadable" }) },
    { weight: 3, arbitrary: fc.constant({ do: "wait" }) },
    { weight: 1, arbitrary: fc.constant({ do: "flush" }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("answer"),
        how: fc.constantFrom("stored", "retry", "unauthorized", "schema-missing", "too-large"),
      }),
    },
  ) as fc.Arbitrary<Step>,
  { maxLength: 40 },
);

function answerWith(backend: MemoryBackend, how: Extract<Step, { do: "answer" }>["how"]): void {
  backend.healthy = how === "stored";
  backend.answer = (records) => {
    if (how === "too-large" && records.length > 1) return { status: "too-large", reason: "413" };
    if (how !== "stored" && how !== "too-large") return { status: how, reason: how };
    return records.some((record) => record.name === "poison")
      ? { status: "rejected", reason: "22P05" }
      : undefined;
  };
}

function endUnreadable(collector: TraceCollector): void {
  const refuse = () => {
    throw new Error("do not touch");
  };
  collector.onEnd(new Proxy({}, { get: refuse, has: refuse }) as Parameters<TraceCollector["onEnd"]>[0]);
}

/** Does the steps, looking at the books after each; returns how many spans were started and ended, by their name. */
async function run({ collector, backend, span }: Service, plan: readonly Step[]) {
  const open: { end(): void; poison: boolean }[] = [];
  const ended = { good: 0, poison: 0, unreadable: 0 };
  const end = (at: number) => {
    const [one] = open.splice(at, 1);
    one?.end();
    if (one) ended[one.poison ? "poison" : "good"] += 1;
  };
  for (const step of plan) {
    if (step.do === "start") {
      const started = span(step.poison ? "poison" : "good");
      open.push({ end: () => started.end(), poison: step.poison });
    } else if (step.do === "end" && open.length > 0) end(step.which % open.length);
    else if (step.do === "wait") await endOfTurn();
    else if (step.do === "flush") void collector.forceFlush();
    else if (step.do === "answer") answerWith(backend, step.how);
    else if (step.do === "end unreadable") {
      endUnreadable(collector);
      ended.unreadable += 1;
    }
    expect(imbalance(collector.stats())).toBe(0);
  }
  while (open.length > 0) end(0);
  return ended;
}

it("every span that ended is accounted for at any time, and in the end stored or known to be lost", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const service = startService({ flushTimeoutMs: 20_000, maxBatchRecords: 3 });
      const { collector, backend } = service;
      answerWith(backend, "stored");
      const ended = await run(service, plan);
      answerWith(backend, "stored");
      await collector.forceFlush();
      expect(collector.stats()).toMatchObject({
        ended: ended.good + ended.poison + ended.unreadable,
        delivered: ended.good,
        deadLettered: ended.poison,
        pending: 0,
        dropped: ended.unreadable > 0 ? { unserializable: ended.unreadable } : {},
      });
      expect(backend.names()).toHaveLength(ended.good);
      await collector.stop();
      expect(imbalance(collector.stats())).toBe(0);
    }),
    { numRuns: 40 },
  );
});
