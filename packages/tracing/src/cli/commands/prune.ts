import type { Command } from "commander";
import { invalidOption, TracingError } from "../../core/errors.ts";
import type { OpenStore } from "../../open-store.ts";
import { formatTime } from "../../render/format.ts";
import type { DeleteFilter } from "../../store/trace-repo.ts";
import {
  type ArgumentReader,
  readTelegramId,
  readText,
  readTraceReference,
  type TraceReference,
  timeReader,
} from "../arguments.ts";
import type { CommandContext } from "../command.ts";
import { count } from "../counted.ts";
import { EXIT_FAILED } from "../exit-code.ts";
import { type CliIo, writeJson, writeLine } from "../io.ts";
import { createProgress } from "../progress.ts";
import { warnOfSpool } from "../spool/erasure.ts";
import { type CommonFlags, withCommonFlags } from "../store-flags.ts";
import { withStoreToRead } from "../store-session.ts";
import { resolveTraceId, traceNotFound } from "../trace-lookup.ts";
import { addValueOption } from "../value-option.ts";

interface PruneFlags extends CommonFlags {
  olderThan?: string;
  user?: string;
  telegramId?: string;
  trace?: TraceReference;
  dryRun?: boolean;
  yes?: boolean;
}

type Counts = Awaited<ReturnType<OpenStore["repo"]["deleteTraces"]>>;

/** `tracing prune`: erases traces for good. */
export function addPruneCommand(program: Command, { io, exitWith }: CommandContext): void {
  const command = program
    .command("prune")
    .summary("delete traces: by age, user or id")
    .description("Delete traces for good. Where several of the options say which, all of them must hold.");
  addValueOption(
    command,
    "--older-than <age>",
    "started longer ago than this: 30d, or before an ISO 8601 time",
    pastReader(io),
  );
  addValueOption(command, "--user <id>", "of this user", readText);
  addValueOption(command, "--telegram-id <id>", "of this Telegram user or chat", readTelegramId);
  addValueOption(
    command,
    "--trace <trace>",
    "this one: its id, or the first 4 or more digits of it",
    readTraceReference,
  );
  command
    .option("--dry-run", "say what would go, and delete nothing")
    .option("--yes", "do not ask; needed where there is no terminal to ask at");

  withCommonFlags(command)
    .addHelpText("after", HELP)
    .action(async (flags: PruneFlags) => {
      requireChoice(flags);
      await withStoreToRead(flags, io, async (store) => {
        const filter = await toDeleteFilter(flags, store);
        const found = await store.repo.deleteTraces({ ...filter, dryRun: true });
        if (filter.traceId !== undefined && found.traces === 0) throw traceNotFound(filter.traceId);
        const dryRun = flags.dryRun ?? false;
        if (dryRun || found.traces === 0) {
          if (flags.json) writeJson(io.stdout, { dryRun, ...(dryRun ? found : { traces: 0, spans: 0 }) });
          else writeLine(io.stdout, dryRun ? wouldGo(found) : "No traces match; nothing has been deleted.");
          return;
        }
        if (!(await isMeant(found, filter, flags, store, io))) {
          writeLine(io.stderr, "Nothing has been deleted.");
          return exitWith(EXIT_FAILED);
        }
        const deleted = await erase(filter, found, store, io);
        if (flags.json) writeJson(io.stdout, { dryRun, ...deleted });
        else writeLine(io.stdout, `Deleted ${toText(deleted)}.`);
      });
      if (flags.user !== undefined || flags.telegramId !== undefined) warnOfSpool(flags, io);
    });
}

function requireChoice({ olderThan, user, telegramId, trace }: PruneFlags): void {
  if (olderThan !== undefined || user !== undefined || telegramId !== undefined || trace !== undefined)
    return;
  throw new TracingError("invalid-option", "Nothing says which traces to delete.", {
    hint: "Give --older-than, --user, --telegram-id or --trace; --dry-run shows what would go.",
  });
}

async function toDeleteFilter(
  { olderThan, user, telegramId, trace }: PruneFlags,
  { repo }: OpenStore,
): Promise<DeleteFilter> {
  return {
    before: olderThan,
    userId: user,
    telegramId,
    traceId: trace && (await resolveTraceId(repo, trace)),
  };
}

async function isMeant(
  found: Counts,
  filter: DeleteFilter,
  { yes }: PruneFlags,
  { description }: OpenStore,
  { confirm }: CliIo,
): Promise<boolean> {
  if (yes) return true;
  if (confirm)
    return confirm(`Delete ${toText(found)} ${toConditions(filter)} for good from ${description}?`);
  throw new TracingError(
    "invalid-option",
    `${toText(found)} would be deleted for good, and nobody can be asked here.`,
    {
      hint: "Add --yes, or --dry-run to delete nothing.",
    },
  );
}

async function erase(filter: DeleteFilter, found: Counts, { repo }: OpenStore, io: CliIo): Promise<Counts> {
  const progress = createProgress(io);
  try {
    return await repo.deleteTraces(filter, ({ traces }) =>
      progress.say(`Deleted ${count(traces, "trace")} of ${count(found.traces, "trace")}`),
    );
  } finally {
    progress.end();
  }
}

function wouldGo(found: Counts): string {
  return found.traces === 0 ? "No traces match." : `Would delete ${toText(found)}. Nothing has been deleted.`;
}

function toText({ traces, spans }: Counts): string {
  return `${count(traces, "trace")} with ${count(spans, "span")}`;
}

function toConditions({ before, userId, telegramId, traceId }: DeleteFilter): string {
  const conditions = [
    traceId && `with the id ${traceId}`,
    userId && `of user ${userId}`,
    telegramId && `of Telegram id ${telegramId}`,
    before && `from before ${formatTime(String(before))}`,
  ];
  return conditions.filter(Boolean).join(" and ");
}

/** A time that has passed: one that lies ahead would take everything, which nobody means by an age. */
function pastReader({ now }: CliIo): ArgumentReader<string> {
  const readTime = timeReader(now);
  return (flag, text) => {
    const time = readTime(flag, text);
    if (Date.parse(time) > now().getTime())
      throw invalidOption(flag, text, "an age such as 30d, or a time in the past");
    return time;
  };
}

const HELP = `
On a terminal the counts are shown and asked about first. What waits in a spool is not in the store yet, and stays.

Examples:
  $ tracing prune --older-than 30d --dry-run
  $ tracing prune --user 7
  $ tracing prune --older-than 90d --yes --json
`;
