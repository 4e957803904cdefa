import { FormattedString, fmt } from "@grammyjs/parse-mode";
import { InlineKeyboard } from "grammy";
import type { Reply } from "../../telegram/reply.ts";
import { toData } from "./admin-command.ts";
import { formatDuration } from "./figures.ts";
import type { SyntheticRun, SyntheticRuns } from "./synthetic-runs.ts";
import { MARKS } from "./traces-view.ts";

const BUTTONS_A_ROW = 2;

/** Which pipelines pass, why others do not, and a button to the trace of each. */
export function toTestReply({ runs, remark }: SyntheticRuns): Reply {
  const failed = runs.filter(({ failure }) => failure !== undefined).length;
  const title = failed === 0 ? "Test passed" : `Test failed: ${failed} of ${runs.length} pipelines`;
  const opening = runs.flatMap(({ pipeline, traceId }) =>
    traceId === undefined ? [] : [InlineKeyboard.text(pipeline, toData("trace", traceId))],
  );
  return {
    text: FormattedString.join(
      [FormattedString.bold(title), ...runs.map(toLine), ...(remark === undefined ? [] : [remark])],
      "\n",
    ),
    buttons: InlineKeyboard.from([opening])
      .toFlowed(BUTTONS_A_ROW)
      .row()
      .text("Again", toData("test"))
      .text("Overview", toData("overview")),
  };
}

function toLine({ pipeline, durationMs, failure }: SyntheticRun): FormattedString {
  const mark = failure === undefined ? MARKS.ok : MARKS.error;
  return fmt`${mark} ${pipeline}  ${formatDuration(durationMs)}${failure === undefined ? "" : `\n    ${failure}`}`;
}
