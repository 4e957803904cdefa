import { FormattedString, fmt } from "@grammyjs/parse-mode";
import { InlineKeyboard } from "grammy";
import { OFFLINE_NOTICE } from "../llm/offline/index.ts";
import type { Reply } from "../telegram/reply.ts";
import { OPEN } from "./menu.ts";
import type { Draft } from "./session.ts";

/** A strategy as the rep reads it; its buttons name the draft, so that an older one can still be taken up. */
export function toStrategyReply({ id, strategy }: Draft): Reply {
  const { analysis, strategy: plan, tactics, draftMessage } = strategy;
  const parts = [
    section("Analysis", analysis.replace(OFFLINE_NOTICE, "")),
    section("Strategy", plan),
    section("Tactics", tactics.map((tactic) => `• ${tactic}`).join("\n")),
    fmt`${FormattedString.bold("Draft message")}\n${FormattedString.blockquote(draftMessage.trim())}`,
    ...(analysis.includes(OFFLINE_NOTICE) ? [FormattedString.italic(OFFLINE_NOTICE)] : []),
  ];
  return {
    text: FormattedString.join(parts, "\n\n"),
    buttons: new InlineKeyboard()
      .text("Regenerate", `support:regenerate:${id}`)
      .text("Shorter", `support:shorter:${id}`)
      .row()
      .text("More aggressive", `support:more_aggressive:${id}`)
      .text("Looks good", `support:save:${id}`),
  };
}

const LABEL_LENGTH = 45;

/** The strategies that "Looks good" has kept; each button opens one. */
export function toSavedReply(drafts: readonly Draft[]): Reply {
  if (drafts.length === 0) {
    return {
      text: "You have saved no strategy yet. Looks good, below a strategy, saves it.",
      buttons: new InlineKeyboard().text("Support", OPEN.support),
    };
  }
  const buttons = new InlineKeyboard();
  for (const { id, deal } of drafts) buttons.text(clip(deal), `support:show:${id}`).row();
  return { text: "Your saved strategies, the latest first. Which one?", buttons };
}

function clip(deal: string): string {
  // What turns the direction of writing would turn the rest of the label with it.
  const characters = Array.from(deal.replace(/[\s\p{Bidi_Control}]+/gu, " ").trim());
  if (characters.length <= LABEL_LENGTH) return characters.join("");
  return `${characters.slice(0, LABEL_LENGTH - 1).join("")}…`;
}

/** Lists read alike, whichever mark the coach has put before their items. */
function section(heading: string, text: string): FormattedString {
  return fmt`${FormattedString.bold(heading)}\n${text.trim().replace(/^[-*] /gm, "• ")}`;
}
