import type { Command } from "commander";
import type { CommandContext } from "../command.ts";
import { type CliIo, renderOptions, writeLine } from "../io.ts";
import { renderTraceEvent } from "../render/trace-event.ts";
import { type CommonFlags, withCommonFlags } from "../store-flags.ts";
import { withStoreToRead } from "../store-session.ts";
import { toTrouble } from "../store-trouble.ts";
import { follow } from "../tail/follow.ts";
import { TraceFeed } from "../tail/trace-feed.ts";
import {
  addSinceOption,
  addTraceFilterOptions,
  type TraceFilterFlags,
  toTraceFilter,
} from "../trace-filter.ts";

interface TailFlags extends CommonFlags, TraceFilterFlags {
  since?: string;
}

/** `tracing tail`: traces as they come. */
export function addTailCommand(program: Command, { io }: CommandContext): void {
  const command = program
    .command("tail")
    .summary("follow traces as they come")
    .description(
      "Show traces that run, then new ones as they come: once when one starts, and once when it ends.",
    );
  addTraceFilterOptions(command);
  addSinceOption(command, io);

  withCommonFlags(command)
    .addHelpText("after", HELP)
    .action(async (flags: TailFlags) => {
      const filter = toTraceFilter(flags);
      await withStoreToRead(flags, io, async ({ repo, kind, description }) => {
        const feed = new TraceFeed({ repo, filter, since: flags.since, now: io.now });
        if (io.stderr.isTTY) writeLine(io.stderr, `Following ${description}; Ctrl-C ends.`);
        await follow({
          feed,
          signal: interruptionOf(io),
          onEvent: (event) =>
            writeLine(
              io.stdout,
              flags.json ? JSON.stringify(event) : renderTraceEvent(event, renderOptions(io)),
            ),
          onAway: (error) =>
            writeLine(io.stderr, `${toTrouble(error, kind).message} Waiting for it to come back.`),
          onBack: () => writeLine(io.stderr, "The store answers again."),
        });
      });
    });
}

/** Where nothing can interrupt, it goes on until the process ends. */
function interruptionOf(io: CliIo): AbortSignal {
  return io.interruption?.() ?? new AbortController().signal;
}

const HELP = `
A trace is shown about a second after it started or ended. Ctrl-C ends with exit code 0. A store that goes away is
waited for; what happened in the meantime is shown when it is back.

Examples:
  $ tracing tail
  $ tracing tail --pipeline train --since 10m
  $ tracing tail --status error --json | jq -r '.trace.error.message'
`;
