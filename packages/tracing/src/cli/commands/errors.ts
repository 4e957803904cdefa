import type { Command } from "commander";
import { countReader } from "../arguments.ts";
import type { CommandContext } from "../command.ts";
import { renderOptions, writeJson, writeLine } from "../io.ts";
import { renderErrorGroups } from "../render/error-groups.ts";
import { type CommonFlags, withCommonFlags } from "../store-flags.ts";
import { withStoreToRead } from "../store-session.ts";
import { addPeriodOptions, addPipelineOption, type PeriodFlags, toPeriod } from "../trace-filter.ts";
import { addValueOption } from "../value-option.ts";

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 500;

interface ErrorsFlags extends CommonFlags, PeriodFlags {
  pipeline?: string;
  limit: number;
}

/** `tracing errors`: failures of one cause together. */
export function addErrorsCommand(program: Command, { io }: CommandContext): void {
  const command = program
    .command("errors")
    .summary("failures grouped by cause")
    .description(
      "Show failures of one cause together, the latest first, each with the latest trace it happened in.",
    );
  addPipelineOption(command);
  addPeriodOptions(command, io);
  addValueOption(
    command,
    "--limit <count>",
    `at most so many, up to ${MAX_LIMIT}`,
    countReader(1, MAX_LIMIT),
    { preset: DEFAULT_LIMIT },
  );

  withCommonFlags(command)
    .addHelpText("after", HELP)
    .action(async (flags: ErrorsFlags) => {
      const filter = { pipelineName: flags.pipeline, limit: flags.limit, ...toPeriod(flags) };
      const groups = await withStoreToRead(flags, io, ({ repo }) => repo.errors(filter));
      if (flags.json) return writeJson(io.stdout, { errors: groups });
      if (groups.length === 0) return writeLine(io.stderr, "Nothing has failed in this period.");
      writeLine(io.stdout, renderErrorGroups(groups, renderOptions(io)));
      if (groups.length === flags.limit) writeLine(io.stderr, "There may be more: raise --limit.");
    });
}

const HELP = `
Examples:
  $ tracing errors --since 24h
  $ tracing errors --pipeline train --limit 5
  $ tracing show $(tracing errors --since 1h --json | jq -r '.errors[0].traceId')
`;
