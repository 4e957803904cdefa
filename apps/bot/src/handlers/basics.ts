import { FormattedString, fmt } from "@grammyjs/parse-mode";
import { Composer } from "grammy";
import { CANCEL } from "./answer-prompt.ts";
import { COMMANDS } from "./commands.ts";
import type { BotContext } from "./context.ts";
import { toMenu } from "./menu.ts";
import { say, show } from "./show.ts";

/** `/start`, `/help` and `/cancel`. */
export const basics = new Composer<BotContext>();

basics.command("start", (ctx) =>
  say(ctx, {
    text: fmt`${FormattedString.bold("Welcome. I coach sales people.")}\n\n${WHAT_I_DO}\n\n${listCommands()}\n\nStart with /learn.`,
    buttons: toMenu(),
  }),
);

basics.command("help", (ctx) => say(ctx, { text: listCommands(), buttons: toMenu() }));

basics.command("cancel", (ctx) => say(ctx, { text: leave(ctx) ?? NOTHING_TO_LEAVE, buttons: toMenu() }));

// An exercise that is over stays there to be read.
basics.callbackQuery(CANCEL, (ctx) => {
  const left = leave(ctx);
  const buttons = toMenu();
  return left ? show(ctx, { text: left, buttons }) : say(ctx, { text: NOTHING_TO_LEAVE, buttons });
});

const WHAT_I_DO =
  "You answer buyers in real situations; I score each answer and show you a strong one. For a deal of your own I write a plan and a message you can send.";
const NOTHING_TO_LEAVE = "There is nothing to leave. What would you like to do?";

/** What was left; undefined when the chat waited for nothing. */
function leave(ctx: BotContext): string | undefined {
  const { kind } = ctx.session.activity;
  ctx.session.activity = { kind: "idle" };
  if (kind === "idle") return undefined;
  return kind === "support"
    ? "You left before a strategy was written. What next?"
    : "You left the exercise. Nothing was scored. What next?";
}

function listCommands(): string {
  return COMMANDS.map(({ command, description }) => `/${command}: ${description}`).join("\n");
}
