import { setTimeout as pause } from "node:timers/promises";
import { startTracing } from "../../../src/index.ts";

/** Takes over what dead processes left, and ends when all of it is delivered. */
const [, , databaseUrl = "", dataDir = "", maxBatchRecords = "512"] = process.argv;
const tracing = await startTracing({
  serviceName: "draining",
  databaseUrl,
  dataDir,
  collector: { maxBatchRecords: Number(maxBatchRecords) },
});
while (
  tracing.stats().pending > 0 ||
  tracing.stats().delivered + tracing.stats().deadLettered < tracing.stats().ended
) {
  await pause(20);
}
// Records that are no spans of their own are not counted; the flush waits for them as well.
await tracing.forceFlush();
process.send?.(tracing.stats());
await tracing.shutdown();
process.disconnect?.();
