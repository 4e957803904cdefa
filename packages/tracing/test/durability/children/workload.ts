import { closeSync, openSync, writeSync } from "node:fs";
import { recordGeneration, TraceContext, tracedSpan } from "../../../src/index.ts";

/** Spans of one {@link runTrace}: the root, two agents, two model calls each. */
export const SPANS_PER_TRACE = 7;
/** Tokens that one {@link runTrace} counts: 11 for each of its four model calls. */
export const TOKENS_PER_TRACE = 44;

/** What a traced process says of itself, written before it goes on: one line an event, in a file that outlives it. */
export interface EventLog {
  write(...words: (string | number)[]): void;
  close(): void;
}

export function openEventLog(path: string): EventLog {
  const file = openSync(path, "a");
  return {
    write: (...words) => void writeSync(file, `${words.join(" ")}\n`),
    close: () => closeSync(file),
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const complete = tracedSpan("llm:local")(async (prompt: string, ms: number) => {
  recordGeneration({
    provider: "local",
    model: "small",
    usage: { inputTokens: 7, outputTokens: 4 },
    inputMessages: [{ role: "user", content: prompt }],
  });
  if (ms > 0) await pause(ms);
  return `answer to ${prompt}`;
});

const agent = tracedSpan("agent:worker")(async (question: string, ms: number) => [
  await complete(`${question} first`, ms),
  await complete(`${question} second`, ms),
]);

/** Two agents in parallel, each asking a model twice; `stepMs` is what each call takes. */
export async function runTrace(log: EventLog, question: string, stepMs = 0): Promise<void> {
  const traceId = await TraceContext.run({ pipelineName: "durable", input: question }, async (trace) => {
    log.write("opened", trace.traceId);
    await Promise.all([agent(`${question} a`, stepMs), agent(`${question} b`, stepMs)]);
    return trace.traceId;
  });
  log.write("settled", traceId);
}
