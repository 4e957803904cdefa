import { ProgressUpdater } from "../../telegram/progress-updater.ts";
import type { BotContext } from "../context.ts";
import { show } from "../show.ts";
import { chatOf } from "../update-owner.ts";
import type { AdminCommand } from "./admin-command.ts";
import { formatSpan } from "./figures.ts";
import { runAllPipelines } from "./synthetic-runs.ts";
import { toTestReply } from "./test-view.ts";

export interface TestCommandOptions {
  /** How long one pipeline, its background steps included, may take in a test. @default 60_000 */
  testTimeoutMs?: number;
}

/** `/admin test`: a synthetic run of every pipeline, one test at a time. */
export function createTestCommand({ testTimeoutMs = 60_000 }: TestCommandOptions): AdminCommand {
  let startedAt: Date | undefined;
  return {
    name: "test",
    label: "Test",
    description: "runs every pipeline once with a test user",
    async run(ctx, _argument) {
      if (startedAt) {
        const elapsed = formatSpan(Date.now() - startedAt.getTime());
        return show(ctx, {
          text: `A test is running already, for ${elapsed}. Its result comes to who started it.`,
        });
      }
      startedAt = new Date();
      try {
        await runTest(ctx, testTimeoutMs);
      } finally {
        startedAt = undefined;
      }
    },
  };
}

async function runTest(ctx: BotContext, timeoutMs: number): Promise<void> {
  const { deps, api } = ctx;
  const chatId = chatOf(ctx);
  using running = deps.runs.begin(chatId);
  const progress = new ProgressUpdater({
    api,
    chatId,
    messageId: ctx.callbackQuery?.message?.message_id,
    text: (elapsedMs) => `Running every pipeline once… ${formatSpan(elapsedMs)}`,
    onError: (error) => deps.logger.warn({ err: error }, "The status message cannot be edited"),
  });
  await progress.start();
  await progress.finish(toTestReply(await runAllPipelines(deps, running.signal, timeoutMs)));
}
