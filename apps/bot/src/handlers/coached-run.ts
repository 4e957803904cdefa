import { TraceContext } from "@app/tracing";
import type { PipelineCatalog, PipelineName } from "../pipelines/catalog.ts";
import { RunStoppedError } from "../runs/run-registry.ts";
import { ProgressUpdater } from "../telegram/progress-updater.ts";
import { markAnswered } from "../telegram/queue.ts";
import type { Reply } from "../telegram/reply.ts";
import type { BotContext } from "./context.ts";
import { toApology } from "./failure-view.ts";
import { withThumbs } from "./rating.ts";
import { takeTurn } from "./turn.ts";
import { chatOf, senderOf } from "./update-owner.ts";

export interface CoachedRun<N extends PipelineName> {
  pipeline: N;
  input: PipelineCatalog[N]["input"];
  /** What the trace shows as the run's input: ids in the place of whole lessons. */
  traced: unknown;
  /** What the rep reads while it runs, e.g. "Scoring your answer". */
  status: string;
  /** Takes the result into the session, and says it. */
  onDone(output: PipelineCatalog[N]["output"]): Reply;
}

/**
 * Runs a pipeline for the rep of this update, and answers with what comes of it, be it an apology. The trace is outside,
 * the progress inside.
 */
export async function runCoached<N extends PipelineName>(ctx: BotContext, run: CoachedRun<N>): Promise<void> {
  if (!(await takeTurn(ctx))) return;
  const { id: userId } = senderOf(ctx);
  const identity = { telegramId: userId, userId, sessionId: chatOf(ctx) };
  const ended = Promise.withResolvers<void>();
  try {
    await TraceContext.run({ pipelineName: run.pipeline, ...identity, input: run.traced }, (trace) =>
      runWithProgress(ctx, run, trace, ended.promise),
    );
  } catch (error) {
    // The rep has been told, and the trace knows.
    const level = error instanceof RunStoppedError ? "info" : "error";
    ctx.deps.logger[level]({ err: error, pipeline: run.pipeline, userId }, "A pipeline run has failed");
  } finally {
    // Nothing in the background competes with the reply.
    ended.resolve();
  }
}

async function runWithProgress<N extends PipelineName>(
  ctx: BotContext,
  run: CoachedRun<N>,
  trace: TraceContext,
  ended: Promise<void>,
): Promise<void> {
  const { runner, runs, background, logger } = ctx.deps;
  const userId = String(senderOf(ctx).id);
  const chatId = chatOf(ctx);
  using running = runs.begin(chatId);
  const afterwards = new AbortController();
  const before = structuredClone(ctx.session);
  const progress = new ProgressUpdater({
    api: ctx.api,
    chatId,
    text: (elapsedMs) => toStatus(run.status, elapsedMs),
    onError: (error) => logger.warn({ err: error }, "The status message cannot be edited"),
  });
  try {
    await progress.start();
    const { output, background: rest } = await runner.run(run.pipeline, run.input, {
      userId,
      signal: running.signal,
      backgroundSignal: AbortSignal.any([background.signal, afterwards.signal]),
      backgroundAfter: ended,
    });
    background.add(userId, rest, afterwards);
    trace.setOutput(output);
    await progress.finish(withThumbs(run.onDone(output), trace.traceId));
    markAnswered(ctx.update);
  } catch (error) {
    // What the rep was not shown does not count.
    ctx.session = before;
    await progress.finish({ text: toApology(error, trace.traceId) });
    markAnswered(ctx.update);
    throw error;
  }
}

function toStatus(status: string, elapsedMs: number): string {
  const seconds = Math.round(elapsedMs / 1_000);
  return seconds < 1 ? `${status}…` : `${status}… ${seconds} s`;
}
