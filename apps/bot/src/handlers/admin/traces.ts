import type { TraceRepo } from "@app/tracing";
import { InlineKeyboard } from "grammy";
import type { Reply } from "../../telegram/reply.ts";
import { chatOf } from "../coached-run.ts";
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
    const chatId = chatOf(ctx);
    const token = /^page=(\w+)$/.exec(argument)?.[1];
    if (token === undefined) {
      const parsed = parseFilter(argument);
      if ("problem" in parsed) return withNewest(parsed.problem);
      const asked = argument.split(/\s+/).join(" ");
      return showPage(ctx.deps.traceRepo, { ...parsed, asked, cursor: undefined });
    }
    const page = pages.find(chatId, token);
    if (!page) return withNewest("This list is outdated: I no longer know what came next.");
    return showPage(ctx.deps.traceRepo, page);

    async function showPage(repo: TraceRepo, page: TracePage): Promise<Reply> {
      const { traces, nextCursor } = await repo.listTraces({
        ...page.filter,
        limit: PAGE_SIZE,
        cursor: page.cursor,
      });
      const here = `page=${pages.remember(chatId, page)}`;
      const opening = traces.map(({ traceId }, index) =>
        InlineKeyboard.text(String(index + 1), toData("trace", `${traceId} ${here}`)),
      );
      const newest = `page=${pages.remember(chatId, { ...page, cursor: undefined })}`;
      const buttons = InlineKeyboard.from([opening]).toFlowed(BUTTONS_A_ROW).row();
      if (nextCursor !== null) {
        const older = pages.remember(chatId, { ...page, cursor: nextCursor });
        buttons.text("Older", toData("traces", `page=${older}`));
      }
      buttons.text(page.cursor === undefined ? "Refresh" : "Newest", toData("traces", newest));
      if (page.asked !== "") buttons.text("All", toData("traces"));
      buttons.text("Overview", toData("overview"));
      return { text: toTraceList(traces, page, waitingNote(ctx.deps)), buttons };
    }
  });
}

function withNewest(text: string): Reply {
  return {
    text,
    buttons: new InlineKeyboard().text("Newest", toData("traces")).text("Overview", toData("overview")),
  };
}
