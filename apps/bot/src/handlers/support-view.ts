import { FormattedString, fmt } from "@grammyjs/parse-mode";
import { InlineKeyboard } from "grammy";
import type { Reply } from "../telegram/reply.ts";
import type { Draft } from "./session.ts";

/** A strategy as the rep reads it; its buttons name the draft, so that an older one can still be taken up. */
export function toStrategyReply({ id, strategy }: Draft): Reply {
  const { analysis, strategy: plan, tactics, draftMessage } = strategy;
  const parts = [
    section("Analysis", analysis),
    section("Strategy", plan),
    section("Tactics", tactics.map((tactic) => `• ${tactic}`).join("\n")),
    fmt`${FormattedString.bold("Draft message")}\n${FormattedString.blockquote(draftMessage.trim())}`,
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

function section(heading: string, text: string): FormattedString {
  return fmt`${FormattedString.bold(heading)}\n${text.trim()}`;
}
