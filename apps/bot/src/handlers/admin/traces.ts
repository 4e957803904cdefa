import { InlineKeyboard } from "grammy";
import type { Reply } from "../../telegram/reply.ts";
import type { BotContext } from "../context.ts";
import { chatOf } from "../update-owner.ts";
import { type AdminCommand, createView, toData } from "./admin-command.ts";
import { waitingNote } from "./delivery.ts";
import { FILTERS, parseFilter } from "./trace-filter.ts";
import type { TracePage, TracePages } from "./trace-pages.ts";
import { toTraceList } from "./traces-view.ts";

const PAGE_SIZE = 8;
const BUTTONS_A_ROW = 4;

/** `/admin traces`: the last runs, a page at a time, each with a button that opens it. */
export function createTraces(pages: TracePages): AdminCommand {
  const describe = {
    name: "traces",
    argument: "[filters]",
    label: "Traces",
    description: `the last runs; filters: ${FILTERS}`,
  };
  return createView(describe, async (ctx, argument) => {
    const token = /^page=(\w+)$/.exec(argument)?.[1];
    if (token !== undefined) {
      const page = pages.find(chatOf(ctx), token);
      return page
        ? showPage(ctx, pages, page)
        : withNewest("This list is outdated: I no longer know what came next.");
    }
    const parsed = parseFilter(argument);
    if ("problem" in parsed) return withNewest(parsed.problem);
    const asked = argument.split(/\s+/).join(" ");
    return showPage(ctx, pages, { filter: parsed.filter, asked, cursor: undefined });
  });
}

async function showPage(ctx: BotContext, pages: TracePages, page: TracePage): Promise<Reply> {
  const { filter, asked, cursor } = page;
  const { traces, nextCursor } = await ctx.deps.traceRepo.listTraces({ ...filter, limit: PAGE_SIZE, cursor });
  const nameOf = (from: string | undefined) =>
    `page=${pages.remember(chatOf(ctx), { filter, asked, cursor: from })}`;
  const here = nameOf(cursor);
  const opening = traces.map(({ traceId }, index) =>
    InlineKeyboard.text(String(index + 1), toData("trace", `${traceId} ${here}`)),
  );
  const buttons = InlineKeyboard.from([opening]).toFlowed(BUTTONS_A_ROW).row();
  if (nextCursor !== null) buttons.text("Older", toData("traces", nameOf(nextCursor)));
  buttons.text(cursor === undefined ? "Refresh" : "Newest", toData("traces", nameOf(undefined)));
  if (asked !== "") buttons.text("All", toData("traces"));
  buttons.text("Overview", toData("overview"));
  return { text: toTraceList(traces, page, waitingNote(ctx.deps)), buttons };
}

function withNewest(text: string): Reply {
  return {
    text,
    buttons: new InlineKeyboard().text("Newest", toData("traces")).text("Overview", toData("overview")),
  };
}
