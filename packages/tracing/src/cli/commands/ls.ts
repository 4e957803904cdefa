import type { Command } from "commander";
import { invalidOption } from "../../core/errors.ts";
import { renderTraceList } from "../../render/index.ts";
import type { ListFilter } from "../../store/trace-repo.ts";
import {
  type ArgumentReader,
  choiceReader,
  countReader,
  readCost,
  readCursor,
  readDurationMs,
  readTelegramId,
  readText,
  timeReader,
} from "../arguments.ts";
import type { CommandContext } from "../command.ts";
import { outputWidth, wantsColor, writeJson, writeLine } from "../io.ts";
import { type CommonFlags, withCommonFlags } from "../store-flags.ts";
import { withStoreToRead } from "../store-session.ts";

const DEFAULT_LIMIT = 20;
/** What one page of the store holds at most. */
const MAX_LIMIT = 500;
const STATUSES = ["running", "ok", "error", "interrupted"] as const;

interface LsFlags extends CommonFlags {
  pipeline?: string;
  status?: (typeof STATUSES)[number];
  user?: string;
  telegramId?: string;
  session?: string;
  service?: string;
  model?: string;
  tag?: string;
  since?: string;
  until?: string;
  minDuration?: number;
  maxDuration?: number;
  minCost?: string;
  text?: string;
  limit: number;
  cursor?: string;
}

/** `tracing ls`: traces, newest first. */
export function addLsCommand(program: Command, { io }: CommandContext): void {
  const command = program
    .command("ls")
    .summary("list traces, newest first")
    .description("List traces, newest first.");
  const option = <T>(flag: string, value: string, description: string, read: ArgumentReader<T>, preset?: T) =>
    command.option(`${flag} ${value}`, description, (text: string) => read(flag, text), preset);
  const readTime = timeReader(io.now);

  option("--pipeline", "<name>", "of this pipeline", readText);
  option("--status", "<status>", STATUSES.join(", "), choiceReader(STATUSES));
  option("--user", "<id>", "of this user", readText);
  option("--telegram-id", "<id>", "of this Telegram user or chat", readTelegramId);
  option("--session", "<id>", "of this session", readText);
  option("--service", "<name>", "of this service", readText);
  option("--model", "<name>", "that asked this model", readText);
  option("--tag", "<tag>", "with this tag", readText);
  option("--since", "<time>", "started at or after: 2h, 7d, or an ISO 8601 time", readTime);
  option("--until", "<time>", "started before: as --since", readTime);
  option("--min-duration", "<duration>", "took at least: 500ms, 2s, 1m", readDurationMs);
  option("--max-duration", "<duration>", "took at most", readDurationMs);
  option("--min-cost", "<usd>", "cost at least so many US dollars", readCost);
  option("--text", "<text>", "with this text in name, error, input or output", readText);
  option(
    "--limit",
    "<count>",
    `at most so many, up to ${MAX_LIMIT}`,
    countReader(1, MAX_LIMIT),
    DEFAULT_LIMIT,
  );
  option("--cursor", "<cursor>", "go on where an earlier list ended", readCursor);

  withCommonFlags(command)
    .addHelpText("after", HELP)
    .action(async (flags: LsFlags) => {
      const filter = toFilter(flags);
      const page = await withStoreToRead(flags, io, ({ repo }) => repo.listTraces(filter));
      if (flags.json) return writeJson(io.stdout, page);
      const render = { width: outputWidth(io), color: wantsColor(io.stdout, io.env) };
      if (page.traces.length > 0) writeLine(io.stdout, renderTraceList(page.traces, render));
      else writeLine(io.stderr, page.nextCursor ? "None so far." : nothingFound(filter));
      if (page.nextCursor) writeLine(io.stderr, `More: add --cursor ${page.nextCursor}`);
    });
}

function nothingFound({ limit, ...conditions }: ListFilter): string {
  const asked = Object.values(conditions).some((condition) => condition !== undefined);
  return asked ? "No traces match." : "There is no trace yet.";
}

function toFilter(flags: LsFlags): ListFilter {
  const { since, until, minDuration, maxDuration } = flags;
  if (since !== undefined && until !== undefined && Date.parse(until) <= Date.parse(since)) {
    throw invalidOption("--until", until, `a time after --since (${since})`);
  }
  if (minDuration !== undefined && maxDuration !== undefined && maxDuration < minDuration) {
    throw invalidOption("--max-duration", `${maxDuration}ms`, `at least --min-duration (${minDuration}ms)`);
  }
  return {
    pipelineName: flags.pipeline,
    status: flags.status,
    userId: flags.user,
    telegramId: flags.telegramId,
    sessionId: flags.session,
    serviceName: flags.service,
    model: flags.model,
    tag: flags.tag,
    since,
    until,
    minDurationMs: minDuration,
    maxDurationMs: maxDuration,
    minCostUsd: flags.minCost,
    text: flags.text,
    limit: flags.limit,
    cursor: flags.cursor,
  };
}

const HELP = `
Examples:
  $ tracing ls --since 2h --status error
  $ tracing ls --pipeline train --user 7 --min-duration 2s
  $ tracing ls --min-cost 0.05 --json | jq '.traces[].traceId'
`;
