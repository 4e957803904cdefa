import type { ErrorGroup } from "@app/tracing";
import { FormattedString, fmt } from "@grammyjs/parse-mode";
import { InlineKeyboard } from "grammy";
import { createView, toData } from "./admin-command.ts";
import { waitingNote } from "./delivery.ts";
import { formatAge, formatCount, oneLine } from "./figures.ts";

const DAYS = 7;
const SHOWN = 8;
const BUTTONS_A_ROW = 2;
const MESSAGE_LENGTH = 200;

/** `/admin errors`: failures of one cause together, each with its latest trace. */
export const errors = createView(
  { name: "errors", label: "Errors", description: `what failed in the last ${DAYS} days, by cause` },
  async ({ deps }) => {
    const since = new Date(Date.now() - DAYS * 86_400_000);
    const groups = await deps.traceRepo.errors({ since, limit: SHOWN + 1 });
    const shown = groups.slice(0, SHOWN);
    const note = waitingNote(deps);
    const parts = [
      FormattedString.bold(`Errors of the last ${DAYS} days`),
      ...(shown.length > 0 ? shown.map(toEntry) : [new FormattedString("None.")]),
      ...(groups.length > SHOWN ? [new FormattedString("Older ones are left out.")] : []),
      ...(note ? [new FormattedString(note)] : []),
    ];
    const examples = shown.map(({ traceId }, index) =>
      InlineKeyboard.text(`${index + 1}  ${traceId.slice(0, 8)}`, toData("trace", traceId)),
    );
    return {
      text: FormattedString.join(parts, "\n\n"),
      buttons: InlineKeyboard.from([examples])
        .toFlowed(BUTTONS_A_ROW)
        .row()
        .text("Refresh", toData("errors"))
        .text("Overview", toData("overview")),
    };
  },
);

function toEntry({ name, count, lastSeen, type, message }: ErrorGroup, index: number): FormattedString {
  const cause = [type, message].filter(Boolean).join(": ") || "without a message";
  return fmt`${index + 1}. ${FormattedString.bold(oneLine(name, 60))}  ${formatCount(count)}×, last ${formatAge(lastSeen)} ago\n${oneLine(cause, MESSAGE_LENGTH)}`;
}
