import { invalidOption } from "../core/errors.ts";

/** Checks one condition and gives it the form in which the SQL functions take it. */
type ConditionReader = (name: string, value: unknown) => unknown;

const STATUSES = ["running", "ok", "error", "interrupted"];
const BUCKETS = ["hour", "day"];
const CURSOR = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z_[0-9a-f-]{36}$/;
const MAX_LIMIT = 500;
const MAX_DAYS = 36_500;

const text: ConditionReader = (name, value) => {
  if (typeof value !== "string" || value === "") throw invalidOption(name, value, "a non-empty text");
  return value;
};

const id: ConditionReader = (name, value) => {
  const isId =
    (typeof value === "string" && value !== "") || typeof value === "bigint" || Number.isSafeInteger(value);
  if (!isId) throw invalidOption(name, value, "a non-empty text, a whole number or a bigint");
  return String(value);
};

const time: ConditionReader = (name, value) => {
  const at = value instanceof Date || typeof value === "string" ? new Date(value) : undefined;
  if (at === undefined || Number.isNaN(at.getTime()))
    throw invalidOption(name, value, "a Date or an ISO 8601 time");
  // A text may be finer than a Date, whose milliseconds would leave out the rest of its last one.
  return typeof value === "string" && /T.*(Z|[+-]\d\d:?\d\d)$/.test(value) ? value : at.toISOString();
};

const durationMs: ConditionReader = (name, value) => {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
    throw invalidOption(name, value, "milliseconds, 0 or more");
  }
  return value;
};

const money: ConditionReader = (name, value) => {
  const amount = typeof value === "number" && Number.isFinite(value) ? String(value) : value;
  if (typeof amount !== "string" || !/^\d+(\.\d+)?(e[+-]?\d+)?$/i.test(amount)) {
    throw invalidOption(name, value, "US dollars, 0 or more, as a number or decimal text");
  }
  return amount;
};

const limit: ConditionReader = (name, value) => {
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > MAX_LIMIT) {
    throw invalidOption(name, value, `a whole number from 1 to ${MAX_LIMIT}`);
  }
  return value;
};

const days: ConditionReader = (name, value) => {
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > MAX_DAYS) {
    throw invalidOption(name, value, `a whole number of days from 1 to ${MAX_DAYS}`);
  }
  return value;
};

const cursor: ConditionReader = (name, value) => {
  if (!isCursor(value)) throw invalidOption(name, value, "the nextCursor of an earlier page");
  return value;
};

const flag: ConditionReader = (name, value) => {
  if (typeof value !== "boolean") throw invalidOption(name, value, "true or false");
  return value;
};

const oneOf =
  (choices: readonly string[]): ConditionReader =>
  (name, value) => {
    if (!choices.includes(value as string)) throw invalidOption(name, value, choices.join(", "));
    return value;
  };

/** Whether a value has the form of a page's `nextCursor`. */
export function isCursor(value: unknown): value is string {
  return typeof value === "string" && CURSOR.test(value);
}

/** @throws {TracingError} `invalid-option` unless the value is `digits` lower-case hex digits. */
export function requireHex(name: string, value: unknown, digits: number): void {
  if (typeof value !== "string" || value.length !== digits || !/^[0-9a-f]+$/.test(value)) {
    throw invalidOption(name, value, `${digits} lower-case hex digits`);
  }
}

const traceId: ConditionReader = (name, value) => {
  requireHex(name, value, 32);
  return value;
};

type Conditions = Readonly<Record<string, ConditionReader>>;

const PERIOD = { pipelineName: text, since: time, until: time } satisfies Conditions;

/** Conditions of `tracing.list_traces`. */
export const LIST_CONDITIONS = {
  ...PERIOD,
  status: oneOf(STATUSES),
  telegramId: id,
  userId: id,
  sessionId: text,
  serviceName: text,
  model: text,
  tag: text,
  minDurationMs: durationMs,
  maxDurationMs: durationMs,
  minCostUsd: money,
  text,
  limit,
  cursor,
} satisfies Conditions;

/** Conditions of `tracing.stats`. */
export const STATS_CONDITIONS = { ...PERIOD, bucket: oneOf(BUCKETS) } satisfies Conditions;

/** Conditions of `tracing.errors`. */
export const ERRORS_CONDITIONS = { ...PERIOD, limit } satisfies Conditions;

/** Conditions of `tracing.delete_traces`. */
export const DELETE_CONDITIONS = {
  traceId,
  userId: id,
  telegramId: id,
  before: time,
  dryRun: flag,
  rememberDays: days,
} satisfies Conditions;

/**
 * The given conditions in the form of the SQL side; undefined ones are left out.
 *
 * @throws {TracingError} `invalid-option`, naming the condition, what was received and what is accepted.
 */
export function toConditions(filter: object, accepted: Conditions): Record<string, unknown> {
  const conditions: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(filter)) {
    const read = Object.hasOwn(accepted, name) ? accepted[name] : undefined;
    if (!read) throw invalidOption(`filter.${name}`, value, `only ${Object.keys(accepted).join(", ")}`);
    if (value !== undefined) conditions[name] = read(`filter.${name}`, value);
  }
  return conditions;
}
