import type { HrTime } from "@opentelemetry/api";

/** A span whose times cannot be, and what is stored of it. */
export interface WrongTime {
  readonly name: string;
  readonly start: HrTime;
  readonly end: HrTime;
  /** ISO 8601; undefined for the time of the call. */
  readonly storedStart?: string;
  /** Whole milliseconds; undefined for next to nothing, when both are times of calls. */
  readonly storedMs?: number;
  /** What is marked as brought into range. */
  readonly clamped: readonly string[];
}

const NOON = Date.UTC(2026, 10, 24, 12);
/** A time in milliseconds since the epoch as OpenTelemetry has it. */
const at = (ms: number): HrTime => [Math.floor(ms / 1_000), (ms % 1_000) * 1_000_000];
const EARLIEST = "2000-01-01T00:00:00.000Z";
const LATEST = "2099-12-31T23:59:59.999Z";

export const WRONG_TIMES: readonly WrongTime[] = [
  {
    name: "in order",
    start: at(NOON),
    end: at(NOON + 5),
    storedStart: new Date(NOON).toISOString(),
    storedMs: 5,
    clamped: [],
  },
  {
    name: "ends before it starts",
    start: at(NOON),
    end: at(NOON - 3_600_000),
    storedStart: new Date(NOON).toISOString(),
    storedMs: 0,
    clamped: ["end"],
  },
  {
    name: "the year 1",
    start: at(Date.parse("0001-01-01")),
    end: at(NOON),
    storedStart: EARLIEST,
    storedMs: NOON - Date.parse(EARLIEST),
    clamped: ["start"],
  },
  {
    name: "before 1970",
    start: [-86_400, 0],
    end: [-86_399, 0],
    storedStart: EARLIEST,
    storedMs: 0,
    clamped: ["start", "end"],
  },
  {
    name: "the year 9999",
    start: at(NOON),
    end: at(Date.parse("9999-12-31")),
    storedStart: new Date(NOON).toISOString(),
    storedMs: Date.parse(LATEST) - NOON,
    clamped: ["end"],
  },
  {
    name: "the year 200,000",
    start: [6_250_000_000_000, 0],
    end: [6_250_000_000_001, 0],
    storedStart: LATEST,
    storedMs: 0,
    clamped: ["start", "end"],
  },
  {
    name: "beyond 2^53",
    start: [2 ** 60, 0],
    end: [2 ** 61, 0],
    storedStart: LATEST,
    storedMs: 0,
    clamped: ["start", "end"],
  },
  {
    name: "not a number",
    start: [Number.NaN, Number.NaN],
    end: [Number.NaN, 0],
    clamped: ["start", "end"],
  },
  {
    name: "infinite",
    start: [Number.NEGATIVE_INFINITY, 0],
    end: [Number.POSITIVE_INFINITY, 0],
    clamped: ["start", "end"],
  },
];
