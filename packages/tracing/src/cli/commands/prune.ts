import type { Command } from "commander";
import { invalidOption, TracingError } from "../../core/errors.ts";
import { eraseEverywhere } from "../../erase.ts";
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
import { countInSpools, isErasure, sayWhatIsOutOfReach } from "../spool/erasure.ts";
import { settleSpools } from "../spool/places.ts";
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

/** What was found or is gone; `spoolRecords` are those in the spools here, dead letters included. */
interface Counts {
  traces: number;
  spans: number;
  spoolRecords: number;
}

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
      await withStoreIfAny(flags, io, async (store) => {
        const filter = await toDeleteFilter(flags, store);
        const spoolDirs = settleSpools(flags, io).map(({ dir }) => dir);
        const found = {
          ...(store ? await store.repo.deleteTraces({ ...filter, dryRun: true }) : NOTHING_STORED),
          spoolRecords: await countInSpools(filter, spoolDirs),
        };
        const none = found.traces === 0 && found.spoolRecords === 0;
        if (filter.traceId !== undefined && none) throw traceNotFound(filter.traceId);
        const dryRun = flags.dryRun ?? false;
        // To erase a person has a point even so: what comes late is not stored.
        const idle = none && !(flags.yes && isErasure(filter));
        if (dryRun || idle) {
          if (flags.json) writeJson(io.stdout, { dryRun, ...found });
          else writeLine(io.stdout, dryRun ? wouldGo(found) : "No traces match; nothing has been deleted.");
          return;
        }
        if (!(await isMeant(found, filter, flags, store, io))) {
          writeLine(io.stderr, "Nothing has been deleted.");
          return exitWith(EXIT_FAILED);
        }
        const deleted = await erase(filter, found, { store, spoolDirs }, io);
        if (flags.json) writeJson(io.stdout, { dryRun, ...deleted });
        else writeLine(io.stdout, none ? NOTHING_YET : `Deleted ${toText(deleted)}.`);
        sayWhatIsOutOfReach(filter, io);
      });
    });
}

const NOTHING_STORED = { traces: 0, spans: 0 };
const NOTHING_YET = "No traces match; what comes late will not be stored.";

/** Where traces are only sent on, a person can be erased in the spools all the same. */
async function withStoreIfAny(
  flags: PruneFlags,
  io: CliIo,
  use: (store: OpenStore | undefined) => Promise<void>,
): Promise<void> {
  try {
    await withStoreToRead(flags, io, use);
  } catch (error) {
    const { user, telegramId, trace } = flags;
    const spoolsWillDo = (user ?? telegramId) !== undefined || trace?.by === "id";
    if (!(error instanceof TracingError && error.code === "no-store" && spoolsWillDo)) throw error;
    await use(undefined);
  }
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
  store: OpenStore | undefined,
): Promise<DeleteFilter> {
  const traceId = trace?.by === "id" ? trace.traceId : trace && store && resolveTraceId(store.repo, trace);
  return { before: olderThan, userId: user, telegramId, traceId: await traceId };
}

async function isMeant(
  found: Counts,
  filter: DeleteFilter,
  { yes }: PruneFlags,
  store: OpenStore | undefined,
  { confirm }: CliIo,
): Promise<boolean> {
  if (yes) return true;
  if (confirm)
    return confirm(
      `Delete ${toText(found)} ${toConditions(filter)} for good from ${store?.description ?? "the spools here"}?`,
    );
  throw new TracingError(
    "invalid-option",
    `${toText(found)} would be deleted for good, and nobody can be asked here.`,
    {
      hint: "Add --yes, or --dry-run to delete nothing.",
    },
  );
}

async function erase(
  filter: DeleteFilter,
  found: Counts,
  { store, spoolDirs }: { store: OpenStore | undefined; spoolDirs: readonly string[] },
  io: CliIo,
): Promise<Counts> {
  const progress = createProgress(io);
  const onProgress = ({ traces }: Pick<Counts, "traces">) =>
    progress.say(`Deleted ${count(traces, "trace")} of ${count(found.traces, "trace")}`);
  try {
    if (store && !isErasure(filter)) {
      return { ...(await store.repo.deleteTraces(filter, onProgress)), spoolRecords: 0 };
    }
    const places = { client: store?.client, spoolDirs, onProgress };
    const { deadLetters, spoolRecords, ...stored } = await eraseEverywhere(filter, places);
    return { ...stored, spoolRecords: spoolRecords + deadLetters };
  } finally {
    progress.end();
  }
}

function wouldGo(found: Counts): string {
  return found.traces + found.spoolRecords === 0
    ? "No traces match."
    : `Would delete ${toText(found)}. Nothing has been deleted.`;
}

function toText({ traces, spans, spoolRecords }: Counts): string {
  const stored = `${count(traces, "trace")} with ${count(spans, "span")}`;
  const spooled = `${count(spoolRecords, "record")} in spools`;
  if (spoolRecords === 0) return stored;
  return traces === 0 ? spooled : `${stored} and ${spooled}`;
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
On a terminal the counts are shown and asked about first. By user, Telegram id or trace it is an erasure: the spools of the
data directory are erased too, while services run, and what comes late is not stored for 30 days. What is sent over OTLP
already, logs and backups are out of reach.

Examples:
  $ tracing prune --older-than 30d --dry-run
  $ tracing prune --user 7
  $ tracing prune --older-than 90d --yes --json
`;
