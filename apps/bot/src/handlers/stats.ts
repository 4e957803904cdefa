import { FormattedString, fmt } from "@grammyjs/parse-mode";
import { Composer } from "grammy";
import type { Content } from "../content/index.ts";
import type { Reply } from "../telegram/reply.ts";
import type { BotContext } from "./context.ts";
import { countDone } from "./learn-progress.ts";
import { toMenu } from "./menu.ts";
import { type SessionData, toRank } from "./session.ts";
import { say } from "./show.ts";
import { SAVED } from "./support.ts";

const RECENT = 8;

/** `/stats`: experience, level, recent scores. */
export const stats = new Composer<BotContext>();

stats.command("stats", (ctx) => say(ctx, toStatsReply(ctx.session, ctx.deps.content)));
stats.callbackQuery("stats", (ctx) => say(ctx, toStatsReply(ctx.session, ctx.deps.content)));

function toStatsReply(session: SessionData, { tracks }: Content): Reply {
  const { level, missing } = toRank(session.xp);
  const saved = session.drafts.filter((draft) => draft.saved).length;
  const summary = [
    `XP ${session.xp.toLocaleString("en-US")}, ${missing} to level ${level + 1}`,
    ...tracks.map(
      (track) => `${track.title}: ${countDone(track, session)} of ${track.levels.length} lessons passed`,
    ),
    ...(saved > 0 ? [`Saved strategies: ${saved}`] : []),
  ];
  const recent = session.attempts
    .slice(0, RECENT)
    .map(({ score, title, at }) => `${score}/100  ${title}  (${at.slice(0, 10)})`);
  const parts = [
    fmt`${FormattedString.bold(`Level ${level}`)}\n${summary.join("\n")}`,
    recent.length === 0
      ? new FormattedString("No scores yet.")
      : fmt`${FormattedString.bold("Recent scores")}\n${recent.join("\n")}`,
  ];
  const buttons = toMenu();
  if (saved > 0) buttons.row().text("Saved strategies", SAVED);
  return { text: FormattedString.join(parts, "\n\n"), buttons };
}
