/**
 * Runs traces until it is killed. What is certain stands in a log of its own: `opened <trace>` inside of the run,
 * `ending <trace>` as the last thing the run does, and once its promise has settled
 * `settled <trace> <spans> <failed spans> <model calls> <status>`.
 */
import { openSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { recordGeneration } from "../../../src/core/generation.ts";
import { TraceContext } from "../../../src/core/trace-context.ts";
import { tracedSpan } from "../../../src/core/traced-span.ts";
import { startTracing } from "../../../src/start-tracing.ts";

const [databaseUrl = "", dataDir = "", logFile = "", mode = "until killed", maxBatchRecords = "100"] =
  process.argv.slice(2);
const log = openSync(logFile, "a");
const note = (...words: unknown[]) => writeSync(log, `${words.join(" ")}\n`);
const say = (word: string) => writeSync(1, `${word}\n`);

const upTo = (limit: number) => Math.floor(Math.random() * limit);

const complete = tracedSpan("llm:local", { kind: "llm" })(async (prompt: string) => {
  await sleep(upTo(4));
  recordGeneration({
    provider: "local",
    model: "small",
    inputMessages: [{ role: "user", content: prompt }],
    usage: { inputTokens: 10, outputTokens: 2 },
    costUsd: "0.001",
  });
  return "é".repeat(upTo(400));
});

const advise = tracedSpan("agent:trainer", { kind: "agent" })(async (calls: number, fails: boolean) => {
  for (let call = 0; call < calls; call++) await complete(`question ${call}`);
  if (fails) throw new RangeError("the coach has left");
});

async function runTrace(): Promise<void> {
  const agents = Array.from({ length: 1 + upTo(3) }, () => ({ calls: upTo(3), fails: Math.random() < 0.2 }));
  const fails = Math.random() < 0.1;
  let traceId = "";
  const run = TraceContext.run({ pipelineName: "train", telegramId: 42 }, async (trace) => {
    traceId = trace.traceId;
    note("opened", traceId);
    await Promise.all(agents.map((agent) => advise(agent.calls, agent.fails).catch(() => undefined)));
    if (Math.random() < 0.05) await sleep(3_000);
    note("ending", traceId);
    if (fails) throw new Error("no score");
    return "72/100";
  });
  const status = await run.then(
    () => "ok",
    () => "error",
  );
  const calls = agents.reduce((sum, agent) => sum + agent.calls, 0);
  const failed = agents.filter((agent) => agent.fails).length + (fails ? 1 : 0);
  note("settled", traceId, 1 + agents.length + calls, failed, calls, status);
}

async function runForEver(): Promise<never> {
  for (;;) await runTrace();
}

say("starting");
const starting = startTracing({
  serviceName: "killed",
  databaseUrl,
  dataDir,
  otlp: false,
  collector: { lingerMs: 30, maxBatchRecords: Number(maxBatchRecords), minBackoffMs: 50, maxBackoffMs: 500 },
  logger: { info: () => undefined, warn: (message) => note("warning", message) },
});
// Runs are recorded from the call on, while what the dead have left is still being taken over.
if (mode === "until killed") for (let worker = 0; worker < 8; worker++) void runForEver();
const tracing = await starting;
say("started");

if (mode === "drain") {
  const deadline = performance.now() + 60_000;
  do await tracing.forceFlush();
  while (tracing.stats().pending > 0 && performance.now() < deadline);
  await tracing.shutdown();
  say(JSON.stringify(tracing.stats()));
}
