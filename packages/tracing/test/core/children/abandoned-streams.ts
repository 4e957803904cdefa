import { setImmediate } from "node:timers/promises";
import { recordStream, TraceContext, tracedSpan } from "../../../src/index.ts";
import { openSpans, startTestTracing } from "../../../src/testing/index.ts";

const traces = startTestTracing();
const collect: () => void = globalThis.gc ?? (() => process.exit(9));

async function* answer(): AsyncGenerator<string> {
  yield "Hel";
  yield "lo";
}
const iterable = tracedSpan("llm:iterable")(async () => recordStream(answer()));
const web = tracedSpan("llm:web")(async () => recordStream(ReadableStream.from(answer())));

async function abandon(): Promise<void> {
  await TraceContext.run({ pipelineName: "learn" }, async () => {
    await (await iterable()).next();
    await (await web()).getReader().read();
  });
}

await abandon();
for (let round = 0; round < 200 && openSpans(traces.last()).length > 0; round++) {
  collect();
  await setImmediate();
}
const calls = traces.last().spans.filter(({ kind, status }) => kind === "llm" && status === "ok");
process.stdout.write(
  JSON.stringify(calls.map(({ name, output, attributes }) => ({ name, output, attributes }))),
);
