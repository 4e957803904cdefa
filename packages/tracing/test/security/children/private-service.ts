import { globSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { findSocket } from "../../../src/embedded/socket-path.ts";
import { startTracing, TraceContext, tracedSpan } from "../../../src/index.ts";

/**
 * A service on the embedded store, with a copy over OTLP that is away and a record that the copy refuses, started by a
 * process that gives everybody every right to what it makes. Prints where its socket is, then lives until it is killed.
 */
process.umask(0);
const [dataDir = "", otlpUrl = ""] = process.argv.slice(2);
const tracing = await startTracing({
  serviceName: "service",
  dataDir,
  otlp: { url: otlpUrl },
  logger: { info: () => undefined, warn: () => undefined },
  collector: { minBackoffMs: 5, maxBackoffMs: 50, flushTimeoutMs: 20_000 },
});
await TraceContext.run({ pipelineName: "learn", userId: 7 }, () => tracedSpan("step:a")(async () => 1)());
await tracing.collector.forceFlush();
await tracing.otlp?.forceFlush();
void TraceContext.run(
  { pipelineName: "going on" },
  () => new Promise(() => setInterval(() => undefined, 1_000)),
);
// It is written within 200 ms.
while (globSync(`${dataDir}/spool/*/checkpoint.ndjson`).length === 0) await sleep(20);

const socket = findSocket(`${dataDir}/embedded`);
connect(socket).once("connect", () =>
  console.log(JSON.stringify({ socket, stats: tracing.stats(), otlp: tracing.otlp?.stats() })),
);
