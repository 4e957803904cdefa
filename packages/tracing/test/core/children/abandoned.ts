import { setImmediate } from "node:timers/promises";
import { TraceContext } from "../../../src/core/trace-context.ts";
import { tracedSpan } from "../../../src/core/traced-span.ts";
import { installTestRuntime } from "../../support/private-runtime.ts";

const runtime = installTestRuntime();
const collect: () => void = globalThis.gc ?? (() => process.exit(9));

const numbers = tracedSpan("step:numbers")(async function* () {
  yield 1;
  yield 2;
});
const iterable = tracedSpan("step:iterable")(() => ({
  async *[Symbol.asyncIterator]() {
    yield 1;
    yield 2;
  },
}));

async function abandon(): Promise<void> {
  await TraceContext.run({ pipelineName: "p" }, async () => {
    await numbers().next();
  });
}

/** Only the iterator is kept; the iterable it came from is not. */
async function keepIterator(): Promise<AsyncIterator<number>> {
  return TraceContext.run({ pipelineName: "q" }, async () => {
    const iterator = iterable()[Symbol.asyncIterator]();
    await iterator.next();
    return iterator;
  });
}

function ended(name: string) {
  return runtime.spans().find((span) => span.name === name);
}

await abandon();
const iterator = await keepIterator();
for (let round = 0; round < 200 && !ended("step:numbers"); round++) {
  collect();
  await setImmediate();
}
const before = ended("step:iterable") !== undefined;
while (!(await iterator.next()).done);
process.stdout.write(
  JSON.stringify({
    abandoned: ended("step:numbers")?.attributes["tracing.iteration.abandoned"],
    heldEndedEarly: before,
    heldEnded: ended("step:iterable")?.attributes["tracing.output"],
  }),
);
