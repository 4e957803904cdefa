import { FormattedString, fmt } from "@grammyjs/parse-mode";
import { Composer } from "grammy";
import { CANCEL } from "./answer-prompt.ts";
import { COMMANDS } from "./commands.ts";
import type { BotContext } from "./context.ts";
import { say, show } from "./show.ts";

/** `/start`, `/help` and `/cancel`. */
export const basics = new Composer<BotContext>();

basics.command("start", (ctx) =>
  say(ctx, {
    text: fmt`${FormattedString.bold("Welcome. I coach sales people.")}\n\n${listCommands()}\n\nStart with /learn.`,
  }),
);

basics.command("help", (ctx) => say(ctx, { text: listCommands() }));

basics.command("cancel", (ctx) => say(ctx, { text: leave(ctx) ? LEFT : NOTHING_TO_LEAVE }));

// An exercise that is over stays there to be read.
basics.callbackQuery(CANCEL, (ctx) =>
  leave(ctx) ? show(ctx, { text: LEFT }) : say(ctx, { text: NOTHING_TO_LEAVE }),
);

const LEFT = "Left. Nothing was scored. /learn, /train or /support?";
const NOTHING_TO_LEAVE = "There is nothing to leave.";

/** False when the chat waited for nothing. */
function leave(ctx: BotContext): boolean {
  const wasBusy = ctx.session.activity.kind !== "idle";
  ctx.session.activity = { kind: "idle" };
  return wasBusy;
}

function listCommands(): string {
  return COMMANDS.map(({ command, description }) => `/${command}: ${description}`).join("\n");
}
