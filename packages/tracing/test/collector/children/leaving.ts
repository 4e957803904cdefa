import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import { defaultCaptureSettings } from "../../../src/capture/settings.ts";
import { TraceCollector } from "../../../src/collector/trace-collector.ts";
import { installRuntime } from "../../../src/core/runtime.ts";
import { TraceContext } from "../../../src/core/trace-context.ts";

/** Makes spans and leaves in the way that is asked for, with a backend that never answers. */
const [, , spoolDir = "", way = ""] = process.argv;
const collector = new TraceCollector({
  exporter: { send: () => new Promise(() => undefined) },
  spoolDir,
  lingerMs: 0,
});
const provider = new BasicTracerProvider({ spanProcessors: [collector] });
const manager = new AsyncLocalStorageContextManager().enable();
const tracer = provider.getTracer("leaving");
installRuntime({
  tracer,
  capture: defaultCaptureSettings(),
  active: () => manager.active(),
  with: (ctx, fn) => manager.with(ctx, fn),
});

await TraceContext.run({ pipelineName: "settled" }, async () => undefined);
void TraceContext.run({ pipelineName: "open" }, () => new Promise(() => undefined));
tracer.startSpan("same turn").end();
process.exitCode = 3;
if (way === "exit") process.exit();
if (way === "kill") process.kill(process.pid, "SIGKILL");
if (way === "throw") throw new Error("crash");
if (way === "reject") void Promise.reject(new Error("crash"));
