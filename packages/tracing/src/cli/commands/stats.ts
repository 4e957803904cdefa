import type { Command } from "commander";
import { choiceReader } from "../arguments.ts";
import type { CommandContext } from "../command.ts";
import { renderOptions, writeJson, writeLine } from "../io.ts";
import { renderStats } from "../render/stats.ts";
import { type CommonFlags, withCommonFlags } from "../store-flags.ts";
import { withStoreToRead } from "../store-session.ts";
import { addPeriodOptions, addPipelineOption, type PeriodFlags, toPeriod } from "../trace-filter.ts";
import { addValueOption } from "../value-option.ts";

const BUCKETS = ["hour", "day"] as const;

interface StatsFlags extends CommonFlags, PeriodFlags {
  pipeline?: string;
  bucket?: (typeof BUCKETS)[number];
}

/** `tracing stats`: figures of a period. */
export function addStatsCommand(program: Command, { io }: CommandContext): void {
  const command = program
    .command("stats")
    .summary("counts, errors, durations, tokens and cost")
    .description("Show counts, error rates, durations, tokens and cost: by pipeline, agent, model and time.");
  addPipelineOption(command);
  addPeriodOptions(command, io);
  addValueOption(
    command,
    "--bucket <width>",
    "step of the table by time; hours for the last two days, else days",
    choiceReader(BUCKETS),
    { choices: BUCKETS },
  );

  withCommonFlags(command)
    .addHelpText("after", HELP)
    .action(async (flags: StatsFlags) => {
      const filter = { pipelineName: flags.pipeline, bucket: flags.bucket, ...toPeriod(flags) };
      const stats = await withStoreToRead(flags, io, ({ repo }) => repo.stats(filter));
      if (flags.json) writeJson(io.stdout, stats);
      else if (stats.spanCount === 0) writeLine(io.stderr, "Nothing has ended in this period.");
      else writeLine(io.stdout, renderStats(stats, renderOptions(io)));
    });
}

const HELP = `
Runs, calls, errors and durations are those of what the row names; tokens and cost are of everything done for it.

Examples:
  $ tracing stats --since 24h
  $ tracing stats --pipeline train --since 30d --bucket day
  $ tracing stats --since 7d --json | jq '.byModel[] | {model, costUsd}'
`;
