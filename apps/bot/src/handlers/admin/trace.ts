import type { Span, TraceDetail, TraceRepo } from "@app/tracing";
import { InlineKeyboard } from "grammy";
import type { Reply } from "../../telegram/reply.ts";
import { createView, toData } from "./admin-command.ts";
import { lookUpTrace, REFERENCES } from "./trace-lookup.ts";
import { toTraceText } from "./trace-view.ts";

const CANDIDATES = 8;
const BUTTONS_A_ROW = 2;

/** `/admin trace <id>`: one run with its steps. */
export const trace = createView(
  { name: "trace", argument: "<id>", description: `one run, step by step; <id> is ${REFERENCES}` },
  ({ deps }, argument) => toTraceReply(deps.traceRepo, argument),
);

const VERDICT = "verdict";
const VERDICTS = { good: "Good run", bad: "Bad run" } as const;

/** `/admin score <id> good | bad`: what the operator makes of a run, kept with it. */
export const score = createView(
  { name: "score", argument: "<id> good|bad", description: "what you make of a run, kept as its score" },
  async ({ deps: { traceRepo } }, argument) => {
    const [, reference = "", value, rest = ""] = /^(\S*)\s+(good|bad)\b(.*)$/s.exec(argument) ?? [];
    if (value === undefined) return { text: "A score is given as /admin score <id> good, or bad." };
    const lookup = await lookUpTrace(traceRepo, reference);
    if (lookup.kind === "found") await traceRepo.score(lookup.traceId, { name: VERDICT, value });
    return toTraceReply(traceRepo, `${reference}${rest}`);
  },
);

async function toTraceReply(traceRepo: TraceRepo, argument: string): Promise<Reply> {
  const [, reference = "", page = ""] = /^(.*?)\s*(page=\w+)?$/s.exec(argument) ?? [];
  const lookup = await lookUpTrace(traceRepo, reference);
  if (lookup.kind === "none") return { text: lookup.problem, buttons: back(page) };
  if (lookup.kind === "ambiguous") return toChoice(lookup.problem, lookup.traceIds);
  const { traceId } = lookup;
  const found = await traceRepo.getTrace(traceId, { skeleton: true });
  if (!found) {
    return {
      text: `There is no trace ${traceId}; one that has just ended may still be on its way. A trace is named by ${REFERENCES}.`,
      buttons: back(page),
    };
  }
  const { input = null, output = null } = (await readRoot(traceRepo, found)) ?? {};
  const buttons = back(page);
  if (found.status === "running") buttons.text("Refresh", toData("trace", `${traceId} ${page}`.trim()));
  else {
    buttons.row();
    for (const value of ["good", "bad"] as const) {
      buttons.text(VERDICTS[value], toData("score", `${traceId} ${value} ${page}`.trim()));
    }
  }
  return { text: toTraceText({ ...found, input, output }), buttons };
}

/** Only of the root is the content wanted: a trace with all of it may be large. */
async function readRoot(repo: TraceRepo, { traceId, spans }: TraceDetail): Promise<Span | null> {
  const root = spans.find(({ parentSpanId }) => parentSpanId === null) ?? spans.find(isPipeline);
  return root ? repo.getSpan(traceId, root.spanId) : null;
}

function isPipeline({ kind }: Span): boolean {
  return kind === "pipeline";
}

function toChoice(text: string, traceIds: readonly string[]): Reply {
  const choices = traceIds
    .slice(0, CANDIDATES)
    .map((traceId) => InlineKeyboard.text(traceId.slice(0, 12), toData("trace", traceId)));
  const buttons = InlineKeyboard.from([choices]).toFlowed(BUTTONS_A_ROW).row();
  return { text, buttons: buttons.text("Traces", toData("traces")) };
}

function back(page: string): InlineKeyboard {
  return new InlineKeyboard()
    .text("Back to traces", toData("traces", page))
    .text("Overview", toData("overview"));
}
