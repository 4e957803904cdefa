import { Composer, InlineKeyboard } from "grammy";
import { DIFFICULTIES, type Difficulty, type PracticeScenario } from "../content/index.ts";
import { toAnswerPrompt } from "./answer-prompt.ts";
import { runCoached } from "./coached-run.ts";
import type { BotContext } from "./context.ts";
import { OPEN } from "./menu.ts";
import { notesOf } from "./notes.ts";
import { toScoreText } from "./score-view.ts";
import { recordAttempt, type SessionData } from "./session.ts";
import { OUTDATED, say, show } from "./show.ts";

type Choice = Difficulty | "any";

const CHOICES: readonly Choice[] = ["any", ...DIFFICULTIES];

/** `/train`: practice scenarios, none twice until all have been seen. */
export const train = new Composer<BotContext>();

train.command("train", openTrain);
train.callbackQuery(OPEN.train, openTrain);

async function openTrain(ctx: BotContext): Promise<void> {
  await say(ctx, {
    text: "A buyer says something, you answer, I score it. How hard should it be?",
    buttons: toDifficultyButtons(),
  });
}

train.callbackQuery(/^train:(any|easy|medium|hard)$/, async (ctx) => {
  const choice = CHOICES.find((candidate) => candidate === ctx.match[1]) ?? "any";
  const { exercise } = drawScenario(ctx.deps.content.scenarios, choice, ctx.session);
  ctx.session.activity = { kind: "train", exerciseId: exercise.id, difficulty: choice };
  await show(ctx, toAnswerPrompt(ctx, exercise));
});

train.callbackQuery(/^train:retry:([^:]+):(\w+)$/, async (ctx) => {
  const scenario = findScenario(ctx, ctx.match[1] ?? "");
  if (!scenario) return say(ctx, { text: OUTDATED });
  const difficulty = CHOICES.find((candidate) => candidate === ctx.match[2]) ?? "any";
  ctx.session.activity = { kind: "train", exerciseId: scenario.exercise.id, difficulty };
  return say(ctx, toAnswerPrompt(ctx, scenario.exercise));
});

train.callbackQuery(/^train:next:(any|easy|medium|hard)$/, async (ctx) => {
  const choice = CHOICES.find((candidate) => candidate === ctx.match[1]) ?? "any";
  const { exercise } = drawScenario(ctx.deps.content.scenarios, choice, ctx.session);
  ctx.session.activity = { kind: "train", exerciseId: exercise.id, difficulty: choice };
  await say(ctx, toAnswerPrompt(ctx, exercise));
});

/** Scores an answer to a practice scenario. */
export async function answerScenario(
  ctx: BotContext,
  { exerciseId, difficulty }: { exerciseId: string; difficulty: Choice },
  answer: string,
): Promise<void> {
  const scenario = findScenario(ctx, exerciseId);
  if (!scenario) {
    ctx.session.activity = { kind: "idle" };
    return say(ctx, { text: OUTDATED });
  }
  const { exercise } = scenario;
  await runCoached(ctx, {
    pipeline: "train",
    input: { exercise, answer, notes: await notesOf(ctx) },
    traced: { scenario: exercise.id, difficulty: scenario.difficulty, answer },
    status: "Scoring your answer",
    onDone: (assessment) => {
      ctx.session.activity = { kind: "idle" };
      const { earned } = recordAttempt(ctx.session, {
        pipeline: "train",
        exerciseId: exercise.id,
        title: exercise.title,
        score: assessment.score,
        at: new Date().toISOString(),
      });
      return {
        text: toScoreText(exercise.title, assessment, toFooter(ctx, earned, difficulty)),
        buttons: new InlineKeyboard()
          .text("Next", `train:next:${difficulty}`)
          .text("Retry", `train:retry:${exercise.id}:${difficulty}`)
          .text("Stats", "stats"),
      };
    },
  });
}

function toFooter({ session, deps }: BotContext, earned: number, choice: Choice): string {
  const xp = earned > 0 ? `+${earned} XP.` : "No new best this time.";
  const pool = poolOf(deps.content.scenarios, choice);
  if (pool.some(({ exercise }) => !session.seen.includes(exercise.id))) return xp;
  return `${xp} You have seen all ${pool.length}${choice === "any" ? "" : ` ${choice}`} scenarios; Next begins anew.`;
}

/** One that has not been seen, at random; when all of them have, they begin anew, without the latest one at once. */
function drawScenario(
  scenarios: readonly PracticeScenario[],
  choice: Choice,
  session: SessionData,
  random: () => number = Math.random,
): PracticeScenario {
  const pool = poolOf(scenarios, choice);
  let fresh = pool.filter(({ exercise }) => !session.seen.includes(exercise.id));
  if (fresh.length === 0) {
    const latest = session.seen.at(-1);
    const ids = new Set(pool.map(({ exercise }) => exercise.id));
    session.seen = session.seen.filter((id) => !ids.has(id));
    fresh = pool.length > 1 ? pool.filter(({ exercise }) => exercise.id !== latest) : pool;
  }
  const drawn = fresh[Math.floor(random() * fresh.length)];
  if (!drawn) throw new Error(`There is no practice scenario of difficulty ${choice}.`);
  session.seen = [...session.seen, drawn.exercise.id];
  return drawn;
}

function poolOf(scenarios: readonly PracticeScenario[], choice: Choice): PracticeScenario[] {
  return scenarios.filter(({ difficulty }) => choice === "any" || difficulty === choice);
}

function toDifficultyButtons(): InlineKeyboard {
  const labels: Readonly<Record<Choice, string>> = {
    any: "Any",
    easy: "Easy",
    medium: "Medium",
    hard: "Hard",
  };
  return CHOICES.reduce(
    (keyboard, choice) => keyboard.text(labels[choice], `train:${choice}`),
    new InlineKeyboard(),
  );
}

function findScenario(ctx: BotContext, exerciseId: string): PracticeScenario | undefined {
  return ctx.deps.content.scenarios.find(({ exercise }) => exercise.id === exerciseId);
}
