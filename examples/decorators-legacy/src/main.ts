import { renderTrace, startTracing, TraceContext } from "@app/tracing";
import { Coach } from "./coach.js";

const tracing = await startTracing({ serviceName: "decorators-legacy" });
const traceId = await TraceContext.run({ pipelineName: "advise" }, async (trace) => {
  trace.setOutput(await new Coach().advise("The buyer says the price is too high."));
  return trace.traceId;
});
await tracing.forceFlush();
const stored = await tracing.repo.getTrace(traceId);
console.log(stored ? renderTrace(stored) : "The trace is still in the spool.");
await tracing.shutdown();
