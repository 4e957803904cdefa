import { toSafeText } from "../capture/redaction/safe-text.ts";
import { StoreError, type StoreErrorKind } from "../store/store-client.ts";

/** SQLSTATE classes by what a caller does about them; source: PostgreSQL, appendix A, error codes. */
const KIND_OF_STATE: readonly (readonly [prefix: string, kind: StoreErrorKind])[] = [
  ["42501", "unauthorized"],
  ["28", "unauthorized"],
  ["42883", "schema-missing"],
  ["42P01", "schema-missing"],
  ["3F000", "schema-missing"],
  ["22", "rejected"],
  ["23", "rejected"],
  ["54", "rejected"],
  ["3D000", "unreachable"],
  ["08", "unreachable"],
];

const MAX_MESSAGE_CHARS = 1_000;

/** An error of `pg` in the terms that callers act on; what the server echoes of a row stays out. */
export function toStoreError(error: unknown): StoreError {
  const code = codeOf(error);
  const message = toSafeText(error instanceof Error ? error.message : String(error), MAX_MESSAGE_CHARS);
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) {
    return new StoreError("unreachable", `The database cannot be reached: ${message}`, { cause: error });
  }
  const kind = KIND_OF_STATE.find(([prefix]) => code.startsWith(prefix))?.[1] ?? "unavailable";
  const advice = kind === "schema-missing" ? " Run `tracing migrate`." : "";
  return new StoreError(kind, `The database answers ${code}: ${withoutRow(message, code)}.${advice}`, {
    code,
  });
}

/** Postgres quotes the value that it refuses in messages of class 22, and a function of somebody's the row in any. */
function withoutRow(message: string, code: string): string {
  const head = message.replace(/Failing row contains[\s\S]*/, "");
  return code.startsWith("22") ? head.replace(/"[\s\S]*"/g, '"..."') : head;
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}
