/**
 * A service whose runs are traced, which writes down by itself what has ended: the log that every fault is judged by.
 *
 * Its log has a line for each fact, written once the library has promised to keep it:
 *
 * - `opened <trace>` inside of a run, `ending <trace>` as the last thing the run does;
 * - `ended <trace> <span>` when the turn of the event loop in which a span ended is over, or its run has settled;
 * - `settled <trace> <spans> <failed spans> <model calls> <status> <ms>` when a run's promise has settled;
 * - `warning <text>` for what the library has warned of.
 *
 * It prints `starting`, then `started`, and answers each line on its standard input by a line of JSON.
 * Modules that are loaded before it may add orders of their own; see `orders.ts`.
 */
import { openSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { isMainThread } from "node:worker_threads";
import { recordGeneration } from "../../../src/core/generation.ts";
import { TraceContext } from "../../../src/core/trace-context.ts";
import { tracedSpan } from "../../../src/core/traced-span.ts";
import { type OpenStore, openStore } from "../../../src/open-store.ts";
import { startTracing } from "../../../src/start-tracing.ts";
import type { CoachOptions } from "../coach.ts";
import { orders } from "./orders.ts";

const options: CoachOptions = JSON.parse(process.argv[2] ?? "{}");
const {
  logFile,
  logDescriptor,
  workers = 8,
  maxRuns = Number.POSITIVE_INFINITY,
  pauseMs = 0,
  answerChars = 400,
  longRunMs = 3_000,
  storeTimeoutMs,
  warnToStderr = false,
  ...tracingOptions
} = options;
const log = logDescriptor ?? openSync(logFile, "a");
const note = (...words: unknown[]) => writeSync(log, `${words.join(" ")}\n`);
// A thread's descriptor 1 is that of its whole process.
const say = (text: string) => (isMainThread ? writeSync(1, `${text}\n`) : process.stdout.write(`${text}\n`));
/** Lets go of the orders to come; a thread that destroyed its input would live on, and whoever started it ends it. */
const endInput = () => void (isMainThread && process.stdin.destroy());
const upTo = (limit: number) => Math.floor(Math.random() * limit);

/** Spans that have ended in this turn of the event loop, by trace. */
const endedNow = new Map<string, string[]>();

function noteEnded(traceId: string): void {
  for (const span of endedNow.get(traceId) ?? []) note("ended", traceId, span);
  endedNow.delete(traceId);
}

/** Calls a traced function, and notes its span once it has ended. */
async function noted<T>(call: (begun: () => void) => Promise<T>): Promise<T> {
  let traceId = "";
  let spanId = "";
  try {
    return await call(() => {
      [, traceId = "", spanId = ""] = TraceContext.current()?.traceparent().split("-") ?? [];
    });
  } finally {
    // Calls that began after tracing was shut down are no spans.
    if (spanId !== "") endedNow.set(traceId, [...(endedNow.get(traceId) ?? []), spanId]);
    setImmediate(noteEnded, traceId);
  }
}

const complete = tracedSpan("llm:local", { kind: "llm" })(async (prompt: string, begun: () => void) => {
  begun();
  await pause(upTo(4));
  recordGeneration({
    provider: "local",
    model: "small",
    inputMessages: [{ role: "user", content: prompt }],
    usage: { inputTokens: 10, outputTokens: 2 },
    costUsd: "0.001",
  });
  return "é".repeat(upTo(answerChars));
});

const advise = tracedSpan("agent:trainer", { kind: "agent" })(
  async (calls: number, fails: boolean, begun: () => void) => {
    begun();
    for (let call = 0; call < calls; call++) await noted((inner) => complete(`question ${call}`, inner));
    if (fails) throw new RangeError("the coach has left");
  },
);

async function runTrace(): Promise<void> {
  const agents = Array.from({ length: 1 + upTo(3) }, () => ({ calls: upTo(3), fails: Math.random() < 0.2 }));
  const fails = Math.random() < 0.1;
  const began = performance.now();
  let root = "";
  let traceId = "";
  const run = TraceContext.run({ pipelineName: "train", telegramId: 42 }, async (trace) => {
    traceId = trace.traceId;
    root = trace.spanId;
    note("opened", traceId);
    const advice = agents.map(({ calls, fails }) => noted((begun) => advise(calls, fails, begun)));
    await Promise.allSettled(advice);
    if (Math.random() < 0.05 && options.maxRuns === undefined) await pause(longRunMs);
    note("ending", traceId);
    if (fails) throw new Error("no score");
    return "72/100";
  });
  const status = await run.then(
    () => "ok",
    () => "error",
  );
  const ms = performance.now() - began;
  const calls = agents.reduce((sum, agent) => sum + agent.calls, 0);
  const failed = agents.filter((agent) => agent.fails).length + (fails ? 1 : 0);
  noteEnded(traceId);
  note("ended", traceId, root);
  note("settled", traceId, 1 + agents.length + calls, failed, calls, status, ms.toFixed(2));
}

let stopped = false;
let made = 0;

async function work(): Promise<void> {
  while (!stopped && made < maxRuns) {
    made += 1;
    await runTrace();
    if (pauseMs > 0) await pause(pauseMs);
  }
}

/** The store that the options name, whose calls may take no longer than so much. */
async function openImpatientStore(timeoutMs: number): Promise<OpenStore> {
  const { insforge, databaseUrl } = tracingOptions;
  const store = await openStore({ ...(insforge && { insforge }), ...(databaseUrl && { databaseUrl }) });
  const rpc: OpenStore["client"]["rpc"] = (fn, args, call) =>
    store.client.rpc(fn, args, { ...call, timeoutMs });
  return { ...store, client: { rpc } };
}

say("starting");
await orders.prepare?.();
const store = storeTimeoutMs === undefined ? undefined : await openImpatientStore(storeTimeoutMs);
const starting = startTracing({
  serviceName: "coach",
  otlp: false,
  ...tracingOptions,
  ...(store && { store }),
  collector: { lingerMs: 30, minBackoffMs: 50, maxBackoffMs: 500, ...tracingOptions.collector },
  ...(!warnToStderr && { logger: { info: () => undefined, warn: (message) => note("warning", message) } }),
});
// Runs are recorded from the call on, while what the dead have left is still being taken over.
const working = Promise.all(Array.from({ length: workers }, work));
const tracing = await starting;

Object.assign(orders, {
  stats: () => tracing.stats(),
  rest: async () => {
    stopped = true;
    await working;
    return tracing.stats();
  },
  /** Delivers what waits, for as long as a minute. */
  drain: async () => {
    stopped = true;
    await working;
    const deadline = performance.now() + 60_000;
    do await tracing.forceFlush();
    while (tracing.stats().pending > 0 && performance.now() < deadline);
    return tracing.stats();
  },
  shutdown: async () => {
    stopped = true;
    await working;
    await tracing.shutdown();
    await store?.close();
    endInput();
    return tracing.stats();
  },
  /** Shuts tracing down while runs go on, and waits for these. */
  abandon: async () => {
    stopped = true;
    await tracing.shutdown();
    await working;
    return tracing.stats();
  },
  /** Ends its work, and leaves the process with nothing to do. */
  leave: async () => {
    stopped = true;
    await working;
    endInput();
    return tracing.stats();
  },
});
createInterface({ input: process.stdin }).on("line", async (line) => {
  const [order = "", ...words] = line.split(" ");
  say(JSON.stringify((await orders[order]?.(...words)) ?? null));
});
say("started");
