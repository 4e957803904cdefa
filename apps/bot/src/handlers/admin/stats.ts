import { FormattedString, fmt } from "@grammyjs/parse-mode";
import { InlineKeyboard } from "grammy";
import { createView, toData } from "./admin-command.ts";
import { waitingNote } from "./delivery.ts";
import { toStatsTable } from "./stats-view.ts";

const DAYS = 7;
const DAY_MS = 86_400_000;

/** `/admin stats`: figures of each pipeline, today and in the last days. */
export const stats = createView(
  { name: "stats", label: "Stats", description: `runs, errors, times and cost: today and ${DAYS} days` },
  async ({ deps }) => {
    const now = Date.now();
    const [today, week] = await Promise.all([
      deps.traceRepo.stats({ since: new Date(now - (now % DAY_MS)) }),
      deps.traceRepo.stats({ since: new Date(now - DAYS * DAY_MS) }),
    ]);
    const note = waitingNote(deps);
    return {
      text: FormattedString.join(
        [
          fmt`${FormattedString.bold("Today (UTC)")}\n${toStatsTable(today)}`,
          fmt`${FormattedString.bold(`Last ${DAYS} days`)}\n${toStatsTable(week)}`,
          ...(note ? [note] : []),
        ],
        "\n\n",
      ),
      buttons: new InlineKeyboard().text("Refresh", toData("stats")).text("Overview", toData("overview")),
    };
  },
);
