import type { Command } from "commander";
import { invalidOption } from "../core/errors.ts";
import type { ListFilter } from "../store/trace-repo.ts";
import { choiceReader, readCost, readDurationMs, readTelegramId, readText, timeReader } from "./arguments.ts";
import type { CliIo } from "./io.ts";
import { addValueOption } from "./value-option.ts";

const STATUSES = ["running", "ok", "error", "interrupted"] as const;

export interface PeriodFlags {
  since?: string;
  until?: string;
}

/** What traces are chosen by, except for when they started. */
export interface TraceFilterFlags {
  pipeline?: string;
  status?: (typeof STATUSES)[number];
  user?: string;
  telegramId?: string;
  session?: string;
  service?: string;
  model?: string;
  tag?: string;
  minDuration?: number;
  maxDuration?: number;
  minCost?: string;
  text?: string;
}

export function addPipelineOption(command: Command): void {
  addValueOption(command, "--pipeline <name>", "of this pipeline", readText);
}

export function addSinceOption(command: Command, { now }: CliIo): void {
  const description = "started at or after: 2h, 7d, or an ISO 8601 time";
  addValueOption(command, "--since <time>", description, timeReader(now));
}

export function addPeriodOptions(command: Command, io: CliIo): void {
  addSinceOption(command, io);
  addValueOption(command, "--until <time>", "started before: as --since", timeReader(io.now));
}

export function addTraceFilterOptions(command: Command): void {
  addPipelineOption(command);
  addValueOption(command, "--status <status>", "in this state", choiceReader(STATUSES), {
    choices: STATUSES,
  });
  addValueOption(command, "--user <id>", "of this user", readText);
  addValueOption(command, "--telegram-id <id>", "of this Telegram user or chat", readTelegramId);
  addValueOption(command, "--session <id>", "of this session", readText);
  addValueOption(command, "--service <name>", "of this service", readText);
  addValueOption(command, "--model <name>", "that asked this model", readText);
  addValueOption(command, "--tag <tag>", "with this tag", readText);
  addValueOption(command, "--min-duration <duration>", "took at least: 500ms, 2s, 1m", readDurationMs);
  addValueOption(command, "--max-duration <duration>", "took at most", readDurationMs);
  addValueOption(command, "--min-cost <usd>", "cost at least so many US dollars", readCost);
  addValueOption(command, "--text <text>", "with this text in name, error, input or output", readText);
}

/** @throws {TracingError} `invalid-option` when the end is not after the beginning. */
export function toPeriod({ since, until }: PeriodFlags): Pick<ListFilter, "since" | "until"> {
  if (since !== undefined && until !== undefined && Date.parse(until) <= Date.parse(since)) {
    throw invalidOption("--until", until, `a time after --since (${since})`);
  }
  return { since, until };
}

/** @throws {TracingError} `invalid-option` when the longest duration is below the shortest. */
export function toTraceFilter(flags: TraceFilterFlags): ListFilter {
  const { minDuration, maxDuration } = flags;
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
    minDurationMs: minDuration,
    maxDurationMs: maxDuration,
    minCostUsd: flags.minCost,
    text: flags.text,
  };
}
