import { createRequire, registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

// The document's program runs on the sources, and on the AI SDK that the bot has.
const bot = createRequire(new URL("../../../../../apps/bot/package.json", import.meta.url));
const aiSdk = (entry: string) => pathToFileURL(`${bot.resolve.paths(entry)?.[0]}/${entry}`).href;
const places: Record<string, string> = {
  "@app/tracing": new URL("../../../src/index.ts", import.meta.url).href,
  ai: aiSdk("ai/dist/index.js"),
};
registerHooks({ resolve: (specifier, context, next) => next(places[specifier] ?? specifier, context) });

const { TraceContext } = await import("../../../src/index.ts");
const { startTestTracing } = await import("../../../src/testing/index.ts");
const { MockLanguageModelV4, simulateReadableStream } = await import(aiSdk("ai/dist/test/index.js"));
const { ask } = await import(pathToFileURL(process.argv[2] ?? "").href);

const usage = {
  inputTokens: { total: 12, noCache: 8, cacheRead: 4, cacheWrite: 0 },
  outputTokens: { total: 5, text: 5, reasoning: 0 },
};
const text = [
  { type: "stream-start", warnings: [] },
  { type: "response-metadata", id: "r-1", modelId: "small-1", timestamp: new Date(0) },
  { type: "text-start", id: "1" },
  { type: "text-delta", id: "1", delta: "Hel" },
  { type: "text-delta", id: "1", delta: "lo" },
];
const end = [
  { type: "text-end", id: "1" },
  { type: "finish", finishReason: { unified: "stop", raw: "stop" }, usage },
];
const modelOf = (chunks: object[]) =>
  new MockLanguageModelV4({ doStream: async () => ({ stream: simulateReadableStream({ chunks }) }) });

const traces = startTestTracing();
const run = (pipelineName: string, fn: () => Promise<unknown>) => TraceContext.run({ pipelineName }, fn);
const readAll = async (stream: AsyncIterable<string>, onChunk: () => void = () => undefined) => {
  for await (const _ of stream) onChunk();
};

await run("consumed", () => readAll(ask(modelOf([...text, ...end]), "Hi")));
const failing = modelOf([...text, { type: "error", error: new RangeError("overloaded") }]);
await run("failed", () => readAll(ask(failing, "Hi")));
const aborting = new AbortController();
await run("aborted", () =>
  readAll(ask(modelOf([...text, ...end]), "Hi", aborting.signal), () => aborting.abort()),
);
await run("stopped", async () => {
  for await (const _ of ask(modelOf([...text, ...end]), "Hi")) break;
});
await traces.settled();
process.stdout.write(
  JSON.stringify(traces.all().map(({ spans }) => spans.find(({ kind }) => kind === "llm"))),
);
