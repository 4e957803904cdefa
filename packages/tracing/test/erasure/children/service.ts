/**
 * A service that does as it is told, a line each, and answers each line with one: `run <user> <text>` makes a run of three
 * spans, `poison <user> <text>` one with a span that the database refuses, `open <user> <text>` one that does not end,
 * `bulk <runs>` so many runs of a user `9` with long texts, `erase <user>`, `flush`, `stats` and `stop`.
 */
import { createInterface } from "node:readline";
import { recordGeneration } from "../../../src/core/generation.ts";
import { startTracing, TraceContext, tracedSpan } from "../../../src/index.ts";

const [databaseUrl = "", dataDir = "", otlp = ""] = process.argv.slice(2);

const complete = tracedSpan("llm:local", { kind: "llm" })(async (prompt: string) => {
  const usage = { inputTokens: 10, outputTokens: 2 };
  recordGeneration({ provider: "local", model: "small", usage, costUsd: "0.001", inputMessages: [prompt] });
  return `answer to ${prompt}`;
});
const advise = tracedSpan("agent:trainer", { kind: "agent" })((question: string) => complete(question));
const poison = tracedSpan("poison")((text: string) => text);

const toOptions = (user: string, text: string) => ({
  pipelineName: "train",
  userId: `user-${user}`,
  telegramId: `${user}00000${user}`,
  metadata: { text },
  input: text,
});
const run = (user: string, text: string) => TraceContext.run(toOptions(user, text), () => advise(text));

async function obey(command: string, user = "", text = ""): Promise<unknown> {
  switch (command) {
    case "run":
      return run(user, text);
    case "poison":
      return TraceContext.run(toOptions(user, text), async () => poison(text));
    case "open":
      void TraceContext.run(toOptions(user, text), () => new Promise(() => undefined));
      return "open";
    case "bulk":
      for (let made = 0; made < Number(user); made += 1) await run("9", `${made} ${"x".repeat(20_000)}`);
      return "done";
    case "erase":
      return tracing.erase({ userId: `user-${user}` }).catch((error: Error) => ({ refused: error.name }));
    case "flush":
      // The copy is not waited for.
      await tracing.collector.forceFlush();
      return tracing.stats();
    case "stop":
      await tracing.shutdown();
      return { store: tracing.stats(), otlp: tracing.otlp?.stats() };
    default:
      return { store: tracing.stats(), otlp: tracing.otlp?.stats() };
  }
}

const tracing = await startTracing({
  serviceName: "coach",
  databaseUrl,
  dataDir,
  otlp: otlp === "" ? false : { url: otlp },
  collector: { minBackoffMs: 20, maxBackoffMs: 100, lingerMs: 20 },
  logger: { info: () => undefined, warn: () => undefined },
});
process.stdout.write("started\n");
for await (const line of createInterface(process.stdin)) {
  const [command = "", user, ...text] = line.split(" ");
  process.stdout.write(`${JSON.stringify(await obey(command, user, text.join(" ")))}\n`);
  if (command === "stop") break;
}
process.stdin.destroy();
