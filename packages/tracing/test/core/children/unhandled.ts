import { TraceContext } from "../../../src/core/trace-context.ts";
import { tracedSpan } from "../../../src/core/traced-span.ts";
import { installTestRuntime } from "../../support/private-runtime.ts";

const runtime = installTestRuntime();
const error = new Error("nobody handles this");
const fail = tracedSpan("step:fail")(async () => {
  throw error;
});
const forget: Record<string, () => unknown> = {
  run: () => TraceContext.run({ pipelineName: "p" }, async () => Promise.reject(error)),
  span: () => TraceContext.run({ pipelineName: "p" }, () => void fail()),
  handled: () => TraceContext.run({ pipelineName: "p" }, () => fail().catch(() => undefined)),
};

process.on("unhandledRejection", (reason) => {
  const failed = runtime.spans().filter((span) => span.status.code === 2);
  process.stdout.write(JSON.stringify({ same: reason === error, failed: failed.length }));
});
forget[process.argv[2] ?? ""]?.();
