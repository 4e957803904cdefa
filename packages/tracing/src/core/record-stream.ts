import { diag, trace as spans } from "@opentelemetry/api";
import { watch } from "./abandonment.ts";
import { Iteration } from "./iteration.ts";
import { quietly } from "./quietly.ts";
import { currentRuntime } from "./runtime.ts";
import { type RecordStreamOptions, StreamRecording } from "./stream-recording.ts";
import { isWebStream, iterationMode, traceIterable } from "./traced-iterable.ts";

export type { RecordStreamOptions, StreamEnd, StreamOutcome } from "./stream-recording.ts";

/** What passes through an async iterable or a web stream. */
export type ChunkOf<Stream> =
  Stream extends AsyncIterable<infer Chunk>
    ? Chunk
    : Stream extends ReadableStream<infer Chunk>
      ? Chunk
      : unknown;

/**
 * Follows the streamed answer of a model on the active span: time to first chunk, number of chunks, output, how it ended.
 * Returns what to hand on in the stream's place; every chunk passes as it is, when it is asked for.
 *
 * A span of `tracedSpan` stays open until the stream has ended, whatever the traced function returns meanwhile. It is `ok`
 * when the stream was read to its end or left by its consumer, `error` when it failed or was aborted, with the output up to
 * there. A stream that nobody can read any more ends when it is collected.
 *
 * A web stream comes back as another one, which has no BYOB readers; anything else as a proxy with all its members. What a
 * Node stream is piped to is not seen: iterate it. Never throws.
 *
 * @example
 * const complete = tracedSpan("llm:openai")(async (prompt: string) => {
 *   const stream = await client.chat.completions.create({ ...request(prompt), stream: true });
 *   return recordStream(stream, {
 *     read: (chunk) => chunk.choices[0]?.delta.content,
 *     onEnd: ({ lastChunk }) => recordGeneration({ provider: "openai", model, usage: toUsage(lastChunk?.usage) }),
 *   });
 * });
 */
export function recordStream<Stream extends AsyncIterable<unknown> | ReadableStream<unknown>>(
  stream: Stream,
  options: RecordStreamOptions<ChunkOf<Stream>> = {},
): Stream {
  const followed = quietly("recording a stream", () =>
    follow(stream, options as RecordStreamOptions<unknown>),
  );
  return (followed as Stream | undefined) ?? stream;
}

function follow(stream: unknown, options: RecordStreamOptions<unknown>): object | undefined {
  const mode = iterationMode(stream);
  if (!isWebStream(stream) && mode !== "async") {
    diag.warn(
      "@app/tracing: recordStream was given neither an async iterable nor a web stream; await it first.",
    );
    return undefined;
  }
  const runtime = currentRuntime();
  const context = runtime.active();
  const recording = new StreamRecording(spans.getSpan(context), runtime, context, options);
  const iteration = new Iteration(runtime, context, recording);
  const followed = isWebStream(stream)
    ? followWebStream(stream as ReadableStream<unknown>, iteration)
    : traceIterable(stream as object, "async", iteration);
  recording.standsBehind(followed);
  return followed;
}

/** Reads one chunk each time that one is asked for. */
function followWebStream(stream: ReadableStream<unknown>, iteration: Iteration): ReadableStream<unknown> {
  const reader = stream.getReader();
  const followed = new ReadableStream<unknown>(
    {
      async pull(controller) {
        const { done, value } = (await iteration.stepAsync("next", () => reader.read())) as {
          done: boolean;
          value: unknown;
        };
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel(reason) {
        iteration.stop();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  iteration.hold();
  watch(followed, iteration);
  return followed;
}
