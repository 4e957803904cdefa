import { Composer } from "grammy";
import { checkRecording } from "../telegram/recording.ts";
import { showTyping } from "../telegram/typing.ts";
import type { Transcriber } from "../voice/transcriber.ts";
import { answer, sayNothingOpen } from "./answer.ts";
import type { BotContext } from "./context.ts";
import { toApology } from "./failure-view.ts";
import { say } from "./show.ts";
import { takeTurn } from "./turn.ts";
import { chatOf } from "./update-owner.ts";

/** Answers that are spoken. */
export const voice = new Composer<BotContext>();

voice.on(["message:voice", "message:audio"], async (ctx) => {
  const { transcriber } = ctx.deps;
  if (!transcriber) return say(ctx, { text: NO_VOICE });
  if (ctx.session.activity.kind === "idle") return sayNothingOpen(ctx);
  const recording = ctx.message.voice ?? ctx.message.audio;
  let text: string;
  try {
    checkRecording(recording);
    if (!(await takeTurn(ctx))) return;
    text = await listen(ctx, transcriber, recording.file_id);
  } catch (error) {
    ctx.deps.logger.warn({ err: error }, "A voice message could not be understood");
    return say(ctx, { text: toApology(error) });
  }
  // Only now, so that no trace has the voice in it.
  return answer(ctx, text);
});

const NO_VOICE = "I cannot listen to voice messages here; that is not set up. Please write instead.";

async function listen(ctx: BotContext, transcriber: Transcriber, fileId: string): Promise<string> {
  const { runs, listening, downloadVoice } = ctx.deps;
  using run = runs.begin(chatOf(ctx));
  using _typing = showTyping(ctx.api, chatOf(ctx));
  const { signal } = run;
  // Each holds a recording in memory.
  using _slot = await listening.take(signal);
  const recording = await downloadVoice(fileId, signal);
  return await transcriber.transcribe(recording, { signal });
}
