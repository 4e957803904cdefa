/**
 * Makes so many spans a second until it is told to stop. Its log is one of `killed-service.ts`; beside it, a second one
 * has a line for every second: `<second> <bytes of RSS> <p99 of a run in ms>`.
 */
import { openSync, writeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { recordGeneration, startTracing, TraceContext, tracedSpan } from "../../../src/index.ts";

const [databaseUrl = "", dataDir = "", logFile = "", stateFile = "", spansPerSecond = ""] =
  process.argv.slice(2);
const log = openSync(logFile, "a");
const states = openSync(stateFile, "a");
const say = (word: string) => writeSync(1, `${word}\n`);

const CALLS = 4;
const SPANS = 1 + 2 + CALLS;

const complete = tracedSpan("llm:local")(async (prompt: string) => {
  recordGeneration({
    provider: "local",
    model: "small",
    usage: { inputTokens: 10, outputTokens: 2 },
    costUsd: "0.001",
    inputMessages: [{ role: "user", content: prompt }],
  });
  return `answer to ${prompt}`;
});

const advise = tracedSpan("agent:trainer")(async (question: string) => [
  await complete(`${question} first`),
  await complete(`${question} second`),
]);

async function runTrace(question: string): Promise<void> {
  const traceId = await TraceContext.run({ pipelineName: "train", input: question }, async (trace) => {
    await Promise.all([advise(`${question} a`), advise(`${question} b`)]);
    return trace.traceId;
  });
  writeSync(log, `settled ${traceId} ${SPANS} 0 ${CALLS} ok\n`);
}

const tracing = await startTracing({ serviceName: "steady", databaseUrl, dataDir, otlp: false });
const began = performance.now();
const elapsedSeconds = () => (performance.now() - began) / 1_000;
say("started");
let stopping = false;
process.stdin.once("data", () => {
  stopping = true;
});

let latencies: number[] = [];
const noting = setInterval(() => {
  const p99Ms = latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? 0;
  latencies = [];
  writeSync(states, `${Math.round(elapsedSeconds())} ${process.memoryUsage.rss()} ${p99Ms.toFixed(2)}\n`);
}, 1_000);

let made = 0;
while (!stopping) {
  const due = elapsedSeconds() * (Number(spansPerSecond) / SPANS);
  const runs: Promise<void>[] = [];
  for (; made < due; made += 1) {
    const from = performance.now();
    const run = runTrace(`question ${made} ${"x".repeat(400)}`);
    runs.push(run.then(() => void latencies.push(performance.now() - from)));
  }
  await Promise.all(runs);
  await pause(20);
}
clearInterval(noting);
await tracing.shutdown();
say(JSON.stringify(tracing.stats()));
process.stdin.destroy();
