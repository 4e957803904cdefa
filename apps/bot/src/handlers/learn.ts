import { Composer } from "grammy";
import { PASS_SCORE } from "../coaching/assessment.ts";
import { toAnswerPrompt } from "./answer-prompt.ts";
import { runCoached } from "./coached-run.ts";
import type { BotContext } from "./context.ts";
import { findLevel, nextLevel, stateOf } from "./learn-progress.ts";
import {
  LEVEL_NEXT,
  LEVELS_BESIDE,
  toLessonReply,
  toScoreReply,
  toTrackReply,
  toTracksReply,
} from "./learn-view.ts";
import { OPEN } from "./menu.ts";
import { notesOf } from "./notes.ts";
import { recordAttempt } from "./session.ts";
import { OUTDATED, say, show } from "./show.ts";

/** `/learn`: tracks of levels, each a lesson and an exercise; a passed one opens the next. */
export const learn = new Composer<BotContext>();

learn.command("learn", openLearn);
learn.callbackQuery(OPEN.learn, openLearn);

async function openLearn(ctx: BotContext): Promise<void> {
  await say(ctx, toTracksReply(ctx.deps.content.tracks, ctx.session));
}

learn.callbackQuery("learn", async (ctx) => {
  await show(ctx, toTracksReply(ctx.deps.content.tracks, ctx.session));
});

learn.callbackQuery(/^learn:(?:track|levels):(.+)$/, async (ctx) => {
  const track = ctx.deps.content.tracks.find(({ id }) => id === ctx.match[1]);
  if (!track) return say(ctx, { text: OUTDATED });
  const put = ctx.match[0].startsWith(LEVELS_BESIDE) ? say : show;
  return put(ctx, toTrackReply(track, ctx.session));
});

learn.callbackQuery(/^learn:(?:level|next):(.+)$/, async (ctx) => {
  const found = findLevel(ctx.deps.content.tracks, ctx.match[1]);
  if (!found) return say(ctx, { text: OUTDATED });
  const put = ctx.match[0].startsWith(LEVEL_NEXT) ? say : show;
  if (stateOf(found, ctx.session) === "locked") return put(ctx, toTrackReply(found.track, ctx.session));
  return put(ctx, toLessonReply(found));
});

// The lesson, or the hints of the last try, stay above the exercise.
learn.callbackQuery(/^learn:start:(.+)$/, async (ctx) => {
  const found = findLevel(ctx.deps.content.tracks, ctx.match[1]);
  if (!found) return say(ctx, { text: OUTDATED });
  if (stateOf(found, ctx.session) === "locked") return say(ctx, toTrackReply(found.track, ctx.session));
  ctx.session.activity = { kind: "learn", levelId: found.level.id };
  return say(ctx, toAnswerPrompt(ctx, found.level.exercise));
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
