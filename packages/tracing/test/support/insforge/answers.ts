/** An HTTP answer in the making. */
export interface Reply {
  status: number;
  headers?: Record<string, string>;
  /** JSON text, or whatever a fault puts in its place; nothing at all when undefined. */
  body?: string;
}

/** The role a request runs as; it decides how a missing right is answered. */
export type Role = "anon" | "authenticated" | "project_admin";

/** An error of InsForge's own gateway. */
export class GatewayError extends Error {
  readonly status: number;
  readonly error: string;
  constructor(status: number, error: string, message: string) {
    super(message);
    this.status = status;
    this.error = error;
  }
}

export function gatewayReply({ status, error, message }: GatewayError): Reply {
  return { status, body: JSON.stringify({ error, message, statusCode: status }) };
}

export function postgrestReply(
  status: number,
  code: string,
  message: string,
  hint: string | null = null,
): Reply {
  return { status, body: JSON.stringify({ code, message, details: null, hint }) };
}

/** The parts of an error of the database that PostgREST passes on, rows in `detail` included. */
interface DatabaseError {
  code: string;
  message: string;
  detail?: string;
  hint?: string;
}

export function isDatabaseError(error: unknown): error is DatabaseError {
  return error instanceof Error && "code" in error && /^[0-9A-Z]{5}$/.test(String(error.code));
}

export function databaseReply({ code, message, detail, hint }: DatabaseError, role: Role): Reply {
  const status = code === "42501" && role === "anon" ? 401 : statusOf(code);
  return { status, body: JSON.stringify({ code, message, details: detail ?? null, hint: hint ?? null }) };
}

/** Source: https://docs.postgrest.org/en/v12/references/errors.html, and what InsForge does with them. */
function statusOf(code: string): number {
  const asked = /^PT(\d{3})$/.exec(code);
  if (asked) return Number(asked[1]);
  switch (code) {
    case "23503":
    case "23505":
      return 409;
    case "25006":
      return 405;
    case "42501":
      return 403;
    case "42883":
    case "42P01":
      return 404;
    case "42P17":
      return 500;
    case "P0001":
      return 400;
    case "21000":
      return 500;
  }
  switch (code.slice(0, 2)) {
    case "08":
    case "53":
      return 503;
    case "28":
      return 403;
    case "25":
    case "40":
    case "54":
    case "55":
    case "57":
    case "58":
    case "P0":
    case "XX":
      return 500;
    default:
      return 400;
  }
}
