import type { CollectorStats, OpenStore } from "@app/tracing";
import { FormattedString, fmt } from "@grammyjs/parse-mode";
import type { PollingStatus } from "../../telegram/polling.ts";
import { describeSpool, explainDelivery } from "./delivery.ts";
import { counted, formatAge, formatCount, formatMegabytes, formatSpan } from "./figures.ts";

export type SchemaState =
  | { version: number; needed: number }
  /** `trouble` is the kind of problem: two schemas that share it are told of once. */
  | { trouble: string; problem: string };

export interface Health {
  now: Date;
  startedAt: Date;
  memoryBytes: number;
  model: { provider: string; model: string };
  runs: number;
  backgroundJobs: number;
  telegram: {
    username: string;
    apiRoot: string | undefined;
    polling: PollingStatus;
    /** Updates that a chat sent faster than they could be handled. */
    leftOut: number;
  };
  store: Pick<OpenStore, "kind" | "description">;
  schemas: { traces: SchemaState; records: SchemaState };
  delivery: CollectorStats;
}

export function toHealthText(health: Health): FormattedString {
  const { now, startedAt, memoryBytes, model, runs, backgroundJobs, telegram, store, schemas, delivery } =
    health;
  return FormattedString.join(
    [
      section("Bot", [
        `Up ${formatSpan(now.getTime() - startedAt.getTime())}, ${formatMegabytes(memoryBytes)} of memory`,
        `Now: ${counted(runs, "run")}, ${counted(backgroundJobs, "background job")}`,
        `Model: ${model.provider}, ${model.model}`,
      ]),
      section("Telegram", [
        `@${telegram.username}, ${describeApi(telegram.apiRoot)}`,
        explainPolling(telegram.polling, now),
        ...explainLeftOut(telegram),
      ]),
      section("Store", [store.description, ...describeSchemas(schemas)]),
      section("Traces", [
        `Delivery: ${explainDelivery(delivery, store.kind)}`,
        `Spool: ${describeSpool(delivery)}`,
      ]),
      FormattedString.pre(toLedger(delivery)),
    ],
    "\n\n",
  );
}

function section(title: string, lines: readonly string[]): FormattedString {
  return fmt`${FormattedString.bold(title)}\n${lines.join("\n")}`;
}

function describeApi(apiRoot: string | undefined): string {
  if (apiRoot === undefined) return "on Telegram";
  const { protocol, host, hostname } = new URL(apiRoot);
  if (host === "api.telegram.org") return "on Telegram";
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  return `${isHere ? "local" : "Bot API"} at ${protocol}//${host}`;
}

function explainPolling({ state, lastPollAt, since }: PollingStatus, now: Date): string {
  const last = lastPollAt ? `last poll ${formatAge(lastPollAt, now)} ago` : "no poll answered yet";
  const lasting = `for ${formatAge(since, now)}`;
  switch (state) {
    case "starting":
      return `Connecting ${lasting}, ${last}`;
    case "polling":
      return `Polling, ${last}`;
    case "conflict":
      return `Conflict (409) ${lasting}, ${last}: another instance polls with this bot's token. End it; this one waits, and goes on by itself.`;
    case "unreachable":
      return `Telegram does not answer ${lasting}, ${last}. Trying again by itself; check the network and TELEGRAM_API_ROOT.`;
    case "stopped":
      return `Polling stopped ${formatAge(since, now)} ago, ${last}. Start the bot again.`;
  }
}

function explainLeftOut({ leftOut, polling }: Health["telegram"]): string[] {
  const reasons = [
    leftOut > 0 && `${formatCount(leftOut)} sent too fast`,
    polling.misshapen > 0 && `${formatCount(polling.misshapen)} that were no updates`,
  ].filter(Boolean);
  return reasons.length > 0 ? [`Left out: ${reasons.join(", ")}`] : [];
}

function describeSchemas({ traces, records }: Health["schemas"]): string[] {
  if ("trouble" in traces && "trouble" in records && traces.trouble === records.trouble)
    return [traces.problem];
  return [`Schema tracing: ${describeSchema(traces)}`, `Schema bot: ${describeSchema(records)}`];
}

function describeSchema(schema: SchemaState): string {
  if ("problem" in schema) return schema.problem;
  const { version, needed } = schema;
  if (version === needed) return `version ${version}`;
  if (version < needed) return `version ${version}, needed is ${needed}. Start the bot again: it migrates.`;
  return `version ${version}, known is ${needed}. A newer bot has migrated this store; upgrade this one.`;
}

/** The counts add up to what has ended, at any time. */
function toLedger(stats: CollectorStats): string {
  const dropped = Object.entries(stats.dropped);
  const total = dropped.reduce((sum, [, count]) => sum + count, 0);
  const reasons = dropped
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${reason} ${formatCount(count)}`);
  const rows: [label: string, count: number][] = [
    ["  delivered", stats.delivered],
    ["+ pending", stats.pending],
    ["+ dead letters", stats.deadLettered],
    ["+ dropped", total],
    ["+ sampled out", stats.sampledOut],
    ["= spans ended", stats.ended],
    ["  interrupted", stats.interrupted],
  ];
  const labels = Math.max(...rows.map(([label]) => label.length));
  const counts = Math.max(...rows.map(([, count]) => formatCount(count).length));
  return [
    ...rows.map(([label, count]) => `${label.padEnd(labels)}  ${formatCount(count).padStart(counts)}`),
    ...(reasons.length > 0 ? [`dropped: ${reasons.join(", ")}`] : []),
  ].join("\n");
}
