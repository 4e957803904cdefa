import { renderTrace, startTracing, TraceContext } from "@app/tracing";
import { support } from "./coach.ts";

const tracing = await startTracing({ serviceName: "demo" });

const { traceId, background } = await TraceContext.run(
  { pipelineName: "support", telegramId: 1, tags: ["demo"], input: "a fleet of forklifts" },
  async (trace) => {
    const { strategy, background } = await support("a fleet of forklifts");
    trace.setOutput(strategy);
    return { traceId: trace.traceId, background };
  },
);
await background;
await tracing.forceFlush();

const stored = await tracing.repo.getTrace(traceId);
if (!stored)
  throw new Error(
    `The trace ${traceId} is not in the store; tracing says ${JSON.stringify(tracing.stats())}`,
  );
process.stdout.write(
  `\n${renderTrace(stored, { width: process.stdout.columns ?? 100, color: process.stdout.isTTY })}\n`,
);
process.stdout.write(`\nLook again with: npx pnpm exec tracing show ${traceId}\n`);

await tracing.shutdown();
