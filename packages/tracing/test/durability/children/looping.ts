import { setTimeout as pause } from "node:timers/promises";
import { startTracing } from "../../../src/index.ts";
import { openEventLog, runTrace } from "./workload.ts";

/** Runs traces, four at a time, until it is killed. */
const [, , logFile = "", databaseUrl = "", dataDir = ""] = process.argv;
const log = openEventLog(logFile);
await startTracing({ serviceName: "looping", databaseUrl, dataDir });
log.write("up", process.pid);
process.send?.("up");

async function work(worker: number): Promise<never> {
  for (let turn = 0; ; turn += 1) {
    await runTrace(log, `question ${worker}-${turn}`, (worker + turn) % 4);
    if (turn % 8 === 0) await pause(1);
  }
}
await Promise.all([0, 1, 2, 3].map(work));
