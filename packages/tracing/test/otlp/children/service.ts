import { TraceCollector } from "../../../src/collector/trace-collector.ts";
import { TraceContext } from "../../../src/core/trace-context.ts";
import { tracedSpan } from "../../../src/core/traced-span.ts";
import { createOtlpExporter } from "../../../src/otlp/index.ts";
import { installTestRuntime } from "../../support/private-runtime.ts";

/** Makes runs, says which ones have settled, leaves one open, and lives on until it is killed. */
const [, , url = "", spoolDir = ""] = process.argv;
const collector = new TraceCollector({
  exporter: createOtlpExporter({ url }),
  spoolDir,
  logger: { info: () => undefined, warn: () => undefined },
});
installTestRuntime({ processors: [collector] });
const step = tracedSpan("step:work")(async (n: number) => n);
for (let n = 0; n < 20; n++) {
  await TraceContext.run({ pipelineName: `run ${n}` }, (run) => step(n).then(() => console.log(run.traceId)));
}
void TraceContext.run({ pipelineName: "open" }, () => new Promise(() => setInterval(() => undefined, 1_000)));
console.log("ready");
