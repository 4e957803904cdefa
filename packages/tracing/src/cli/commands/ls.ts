import type { Command } from "commander";
import { renderTraceList } from "../../render/index.ts";
import type { ListFilter } from "../../store/trace-repo.ts";
import { countReader, readCursor } from "../arguments.ts";
import type { CommandContext } from "../command.ts";
import { renderOptions, writeJson, writeLine } from "../io.ts";
import { type CommonFlags, withCommonFlags } from "../store-flags.ts";
import { withStoreToRead } from "../store-session.ts";
import {
  addPeriodOptions,
  addTraceFilterOptions,
  type PeriodFlags,
  type TraceFilterFlags,
  toPeriod,
  toTraceFilter,
} from "../trace-filter.ts";
import { addValueOption } from "../value-option.ts";

const DEFAULT_LIMIT = 20;
/** What one page of the store holds at most. */
const MAX_LIMIT = 500;

interface LsFlags extends CommonFlags, PeriodFlags, TraceFilterFlags {
  limit: number;
  cursor?: string;
}

/** `tracing ls`: traces, newest first. */
export function addLsCommand(program: Command, { io }: CommandContext): void {
  const command = program
    .command("ls")
    .summary("list traces, newest first")
    .description("List traces, newest first.");
  addTraceFilterOptions(command);
  addPeriodOptions(command, io);
  addValueOption(
    command,
    "--limit <count>",
    `at most so many, up to ${MAX_LIMIT}`,
    countReader(1, MAX_LIMIT),
    { preset: DEFAULT_LIMIT },
  );
  addValueOption(command, "--cursor <cursor>", "go on where an earlier list ended", readCursor);

  withCommonFlags(command)
    .addHelpText("after", HELP)
    .action(async (flags: LsFlags) => {
      const { limit, cursor } = flags;
      const filter = { ...toTraceFilter(flags), ...toPeriod(flags), limit, cursor };
      const page = await withStoreToRead(flags, io, ({ repo }) => repo.listTraces(filter));
      if (flags.json) return writeJson(io.stdout, page);
      if (page.traces.length > 0) writeLine(io.stdout, renderTraceList(page.traces, renderOptions(io)));
      else writeLine(io.stderr, page.nextCursor ? "None so far." : nothingFound(filter));
      if (page.nextCursor) writeLine(io.stderr, `More: add --cursor ${page.nextCursor}`);
    });
}

function nothingFound({ limit, ...conditions }: ListFilter): string {
  const asked = Object.values(conditions).some((condition) => condition !== undefined);
  return asked ? "No traces match." : "There is no trace yet.";
}

const HELP = `
Examples:
  $ tracing ls --since 2h --status error
  $ tracing ls --pipeline train --user 7 --min-duration 2s
  $ tracing ls --min-cost 0.05 --json | jq '.traces[].traceId'
`;
