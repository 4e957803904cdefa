import { FormattedString, fmt } from "@grammyjs/parse-mode";
import { InlineKeyboard } from "grammy";
import type { Reply } from "../../telegram/reply.ts";
import type { Dependencies } from "../context.ts";
import { type AdminCommand, createView, toData } from "./admin-command.ts";
import { counted, formatSpan, oneLine } from "./figures.ts";

/** `/admin` alone: how things are in a line, and what else there is. */
export function createOverview(commands: readonly AdminCommand[]): AdminCommand {
  return createView({ name: "overview", description: "this list" }, ({ deps }) => ({
    text: fmt`${FormattedString.bold("Admin")}\n${summary(deps)}\n\n${list(commands)}`,
    buttons: toButtons(commands),
  }));
}

export function toUnknownCommand(name: string, commands: readonly AdminCommand[]): Reply {
  return {
    text: fmt`There is no /admin ${oneLine(name, 40)}. There are:\n\n${list(commands)}`,
    buttons: toButtons(commands),
  };
}

function summary({ tracing, pollingStatus, runs, startedAt }: Dependencies): string {
  const { state, pending } = tracing.stats();
  return [
    `Up ${formatSpan(Date.now() - startedAt.getTime())}, ${counted(runs.size, "run")} going on.`,
    `Telegram: ${pollingStatus().state}.`,
    `Traces: ${state}, ${counted(pending, "span")} waiting.`,
  ].join(" ");
}

function list(commands: readonly AdminCommand[]): string {
  return commands
    .map(
      ({ name, argument, description }) => `/admin ${name}${argument ? ` ${argument}` : ""}: ${description}`,
    )
    .join("\n");
}

const BUTTONS_A_ROW = 3;

function toButtons(commands: readonly AdminCommand[]): InlineKeyboard {
  const buttons = commands.flatMap(({ name, label }) =>
    label ? [InlineKeyboard.text(label, toData(name))] : [],
  );
  return InlineKeyboard.from([buttons]).toFlowed(BUTTONS_A_ROW);
}
