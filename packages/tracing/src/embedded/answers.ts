import type { Answer } from "./worker-protocol.ts";

/** What the database says of a refused row can repeat the row; this much of it is passed on. */
const MAX_DETAIL_CHARS = 2_000;

/** The parts of a PostgreSQL error that PostgREST passes on. */
export interface SqlFailure {
  code: string;
  message: string;
  detail?: string | undefined;
  hint?: string | undefined;
}

/** An answer in PostgREST's error format, with the status that it gives the SQLSTATE. */
export function toSqlFailureAnswer({ code, message, detail, hint }: SqlFailure): Answer {
  const body = { code, message: shorten(message), details: shorten(detail), hint: shorten(hint) };
  return { status: toHttpStatus(code), body: JSON.stringify(body) };
}

export function postgrestFailure(status: number, code: string, message: string, hint?: string): Answer {
  return { status, body: JSON.stringify({ code, message, details: null, hint: hint ?? null }) };
}

/** An answer in the error format of InsForge's own gateway. */
export function gatewayFailure(status: number, error: string, message: string): Answer {
  return { status, body: JSON.stringify({ error, message, statusCode: status }) };
}

const BY_CODE: Readonly<Record<string, number>> = {
  "23503": 409,
  "23505": 409,
  "25006": 405,
  "42883": 404,
  "42P01": 404,
  "42P17": 500,
  "42501": 403,
  P0001: 400,
  "53400": 500,
  "57P01": 503,
};

const BY_CLASS: Readonly<Record<string, number>> = {
  "08": 503,
  "09": 500,
  "0L": 403,
  "0P": 403,
  "25": 500,
  "28": 403,
  "2D": 500,
  "38": 500,
  "39": 500,
  "3B": 500,
  "40": 500,
  "53": 503,
  "54": 500,
  "55": 500,
  "57": 500,
  "58": 500,
  F0: 500,
  HV: 500,
  P0: 500,
  XX: 500,
};

/** PostgREST's table of statuses (https://postgrest.org/en/v12/references/errors.html#status-codes). */
function toHttpStatus(sqlState: string): number {
  const asked = /^PT(\d{3})$/.exec(sqlState);
  if (asked) return Number(asked[1]);
  return BY_CODE[sqlState] ?? BY_CLASS[sqlState.slice(0, 2)] ?? 400;
}

function shorten(text: string | undefined): string | null {
  if (text === undefined) return null;
  return text.length > MAX_DETAIL_CHARS ? `${text.slice(0, MAX_DETAIL_CHARS)}...` : text;
}
