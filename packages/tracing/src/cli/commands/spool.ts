import type { Command } from "commander";
import { countReader, readText } from "../arguments.ts";
import type { CommandContext } from "../command.ts";
import { count } from "../counted.ts";
import { EXIT_FAILED } from "../exit-code.ts";
import { type CliIo, renderOptions, writeJson, writeLine } from "../io.ts";
import { renderSpool, renderSpools } from "../render/spools.ts";
import { readContent } from "../spool/content.ts";
import { listSpools, type SpoolEntry } from "../spool/overview.ts";
import { settleSpools } from "../spool/places.ts";
import type { Retried } from "../spool/retry.ts";
import { type CommonFlags, withCommonFlags } from "../store-flags.ts";
import { addValueOption } from "../value-option.ts";

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 10_000;

interface ShowFlags extends CommonFlags {
  limit: number;
}

interface RetryFlags extends CommonFlags {
  dryRun?: boolean;
}

const PROCESS = ["[process]", "only of this process: its id, or its directory's name"] as const;

/** `tracing spool`: what waits on this machine, and what its destination refuses. */
export function addSpoolCommand(program: Command, context: CommandContext): void {
  const spool = program
    .command("spool")
    .summary("what waits to be stored or sent, and what is refused")
    .description(
      "Look at the queue on disk between a service and its store, and send again what was refused.",
    );
  addLs(spool, context);
  addShow(spool, context);
  addRetry(spool, context);
  spool.addHelpText("after", SPOOL_HELP);
}

function addLs(spool: Command, { io }: CommandContext): void {
  const command = spool
    .command("ls")
    .summary("what waits, by process")
    .description("List what waits, by process: how much, since when, and whether its process lives.");
  withCommonFlags(command)
    .addHelpText("after", LS_HELP)
    .action((flags: CommonFlags) => {
      const entries = listSpools(settleSpools(flags, io), undefined);
      if (flags.json) writeJson(io.stdout, { spools: entries });
      else if (entries.length === 0) writeLine(io.stderr, "There is no spool here: nothing waits.");
      else writeLine(io.stdout, renderSpools(entries, renderOptions(io)));
    });
}

function addShow(spool: Command, { io }: CommandContext): void {
  const command = spool
    .command("show")
    .summary("the records that wait, and the dead letters with their reasons")
    .description("Show the records that wait, and the dead letters with the reason each was refused for.")
    .argument(...PROCESS, (text: string) => readText("[process]", text));
  addValueOption(command, "--limit <count>", "at most so many of each", countReader(1, MAX_LIMIT), {
    preset: DEFAULT_LIMIT,
  });
  withCommonFlags(command)
    .addHelpText("after", SHOW_HELP)
    .action((which: string | undefined, flags: ShowFlags) => {
      const entries = listSpools(settleSpools(flags, io), which);
      const contents = entries.map((entry) => readContent(entry, flags.limit));
      if (flags.json) return writeJson(io.stdout, { spools: contents });
      if (contents.length === 0) return writeLine(io.stderr, "There is no spool here: nothing waits.");
      writeLine(io.stdout, contents.map((content) => renderSpool(content, renderOptions(io))).join("\n\n"));
    });
}

function addRetry(spool: Command, { io, exitWith }: CommandContext): void {
  const command = spool
    .command("retry")
    .summary("send dead letters again")
    .description(
      "Put dead letters back among what waits, and send that. Services may go on running meanwhile.",
    )
    .argument(...PROCESS, (text: string) => readText("[process]", text))
    .option("--dry-run", "say what would be sent, and send nothing");
  withCommonFlags(command)
    .addHelpText("after", RETRY_HELP)
    .action(async (which: string | undefined, flags: RetryFlags) => {
      const refused = listSpools(settleSpools(flags, io), which).filter(({ deadLetters }) => deadLetters > 0);
      if (flags.dryRun || refused.length === 0) return tellDead(refused, flags, io);
      const { retry } = await import("../spool/retry.ts");
      const retried: Retried[] = [];
      for (const destination of ["store", "otlp"] as const) {
        const entries = refused.filter((entry) => entry.destination === destination);
        if (entries.length > 0) retried.push(await retry(destination, entries, flags, io));
      }
      if (flags.json) writeJson(io.stdout, { retried });
      else for (const result of retried) writeLine(io.stdout, toText(result));
      if (retried.some((result) => result.refused + result.pending > 0)) exitWith(EXIT_FAILED);
    });
}

function tellDead(refused: readonly SpoolEntry[], { json, dryRun }: RetryFlags, io: CliIo): void {
  const letters = refused.reduce((sum, { deadLetters }) => sum + deadLetters, 0);
  if (json) writeJson(io.stdout, dryRun ? { deadLetters: letters } : { retried: [] });
  else if (letters === 0) writeLine(io.stdout, "There are no dead letters.");
  else writeLine(io.stdout, `Would send ${count(letters, "dead letter")} again. Nothing has been changed.`);
}

function toText({ destination, records, unreadable, delivered, refused, pending }: Retried): string {
  const outcome = [
    destination === "otlp" ? `sent ${count(delivered, "span")}` : `stored ${count(delivered, "span")}`,
    ...(refused > 0 ? [`${count(refused, "span")} refused again (\`tracing spool show\` says why)`] : []),
    ...(pending > 0 ? [`${count(pending, "span")} left for the next start of a service`] : []),
    ...(unreadable > 0 ? [`${count(unreadable, "line")} without a record left alone`] : []),
  ];
  return `Put back ${count(records, "record")}: ${outcome.join(", ")}.`;
}

const SPOOL_HELP = `
Examples:
  $ tracing spool ls
  $ tracing spool show
  $ tracing spool retry --dry-run
`;

const LS_HELP = `
What a dead process left is delivered by the next service that starts here, and with the embedded store by any command
that reads. Counts of spans are those of the last checkpoint, which is half a second old at most while spans end.

Examples:
  $ tracing spool ls
  $ tracing spool ls --json | jq '.spools[] | select(.owner == "dead")'
`;

const SHOW_HELP = `
Contents of records are not shown. Reasons are what the destination said, with secrets taken out.

Examples:
  $ tracing spool show
  $ tracing spool show 4711 --limit 50
`;

const RETRY_HELP = `
For when what they were refused for is mended: a newer schema, a larger limit. What is refused again is a dead letter
again. A destination that does not answer is found out first, and then nothing is changed.

Examples:
  $ tracing spool retry --dry-run
  $ tracing spool retry
  $ tracing spool retry 4711 --json
`;
