import { setTimeout as pause } from "node:timers/promises";
import { startTracing } from "../../../src/index.ts";
import { openEventLog, runTrace, SPANS_PER_TRACE } from "./workload.ts";

/** Makes so many spans a second until it is told to stop, and notes its memory and its own latency every second. */
const [, , logFile = "", databaseUrl = "", dataDir = "", spansPerSecond = "500"] = process.argv;
const log = openEventLog(logFile);
const tracing = await startTracing({ serviceName: "steady", databaseUrl, dataDir });
const began = performance.now();
let stopping = false;
process.once("message", () => {
  stopping = true;
});
process.send?.("up");

let latencies: number[] = [];
const timed = async (question: string) => {
  const from = performance.now();
  await runTrace(log, question);
  latencies.push(performance.now() - from);
};
const noteState = () => {
  const sorted = latencies.toSorted((a, b) => a - b);
  latencies = [];
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
  log.write(
    "rss",
    Math.round((performance.now() - began) / 1_000),
    process.memoryUsage.rss(),
    p99.toFixed(2),
  );
};
const noting = setInterval(noteState, 1_000);

let made = 0;
while (!stopping) {
  const due = ((performance.now() - began) / 1_000) * (Number(spansPerSecond) / SPANS_PER_TRACE);
  const runs: Promise<void>[] = [];
  for (; made < due; made += 1) runs.push(timed(`question ${made} ${"x".repeat(400)}`));
  await Promise.all(runs);
  await pause(20);
}
clearInterval(noting);
await tracing.shutdown();
process.send?.(tracing.stats());
process.disconnect?.();
