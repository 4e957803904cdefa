import { Composer } from "grammy";
import { PASS_SCORE } from "../coaching/assessment.ts";
import { toAnswerPrompt } from "./answer-prompt.ts";
import { runCoached } from "./coached-run.ts";
import type { BotContext } from "./context.ts";
import { findLevel, nextLevel, stateOf } from "./learn-progress.ts";
import { toLessonReply, toScoreReply, toTrackReply, toTracksReply } from "./learn-view.ts";
import { notesOf } from "./notes.ts";
import { recordAttempt } from "./session.ts";
import { OUTDATED, say, show } from "./show.ts";

/** `/learn`: tracks of levels, each a lesson and an exercise; a passed one opens the next. */
export const learn = new Composer<BotContext>();

learn.command("learn", async (ctx) => {
  await say(ctx, toTracksReply(ctx.deps.content.tracks, ctx.session));
});

learn.callbackQuery("learn", async (ctx) => {
  await show(ctx, toTracksReply(ctx.deps.content.tracks, ctx.session));
});

learn.callbackQuery(/^learn:track:(.+)$/, async (ctx) => {
  const track = ctx.deps.content.tracks.find(({ id }) => id === ctx.match[1]);
  await show(ctx, track ? toTrackReply(track, ctx.session) : { text: OUTDATED });
});

learn.callbackQuery(/^learn:level:(.+)$/, async (ctx) => {
  const found = findLevel(ctx.deps.content.tracks, ctx.match[1]);
  if (!found) return show(ctx, { text: OUTDATED });
  if (stateOf(found, ctx.session) === "locked") return show(ctx, toTrackReply(found.track, ctx.session));
  return show(ctx, toLessonReply(found));
});

learn.callbackQuery(/^learn:start:(.+)$/, async (ctx) => {
  const found = findLevel(ctx.deps.content.tracks, ctx.match[1]);
  if (!found) return show(ctx, { text: OUTDATED });
  if (stateOf(found, ctx.session) === "locked") return show(ctx, toTrackReply(found.track, ctx.session));
  ctx.session.activity = { kind: "learn", levelId: found.level.id };
  return show(ctx, toAnswerPrompt(found.level.exercise));
});

/** Scores an answer to a level's exercise. */
export async function answerLevel(ctx: BotContext, levelId: string, answer: string): Promise<void> {
  const found = findLevel(ctx.deps.content.tracks, levelId);
  if (!found) {
    ctx.session.activity = { kind: "idle" };
    return say(ctx, { text: OUTDATED });
  }
  const { exercise } = found.level;
  await runCoached(ctx, {
    pipeline: "learn",
    input: { exercise, answer, notes: await notesOf(ctx) },
    traced: { level: levelId, exercise: exercise.id, answer },
    status: "Scoring your answer",
    onDone: (assessment) => {
      ctx.session.activity = { kind: "idle" };
      const wasDone = stateOf(found, ctx.session) === "done";
      const { earned } = recordAttempt(ctx.session, {
        pipeline: "learn",
        exerciseId: exercise.id,
        title: found.level.title,
        score: assessment.score,
        at: new Date().toISOString(),
      });
      const passed = assessment.score >= PASS_SCORE;
      return toScoreReply(found, assessment, { earned, passed, wasDone, next: nextLevel(found) });
    },
  });
}
