import { toSafeText } from "../capture/redaction/safe-text.ts";
import { StoreError, type StoreErrorKind } from "../store/store-client.ts";
import { toRetryAfterMs } from "./retry-after.ts";

/** An HTTP answer whose body has been read, as far as it was worth reading. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** What InsForge's gateway (`{ error, message }`) or PostgREST (`{ code, message }`) says about a failure. */
interface Failure {
  /** SQLSTATE, PostgREST or InsForge code. */
  code: string | undefined;
  message: string;
  /** The body is a page, which neither of the two ever answers. */
  page: boolean;
}

interface Verdict {
  kind: StoreErrorKind;
  /** What to do about it, in a sentence. */
  advice?: string;
}

/** What an answer other than a success means, what it says without the row it was about, and what to do. */
export interface Refusal extends Verdict {
  status: number;
  code: string | undefined;
  message: string;
}

/** Reads any answer but a success. */
export function readRefusal({ status, headers, text }: Answer): Refusal {
  const failure = parseFailure(headers, text);
  return {
    ...judge(status, failure, headers),
    status,
    code: failure.code,
    message: toMessage(status, failure),
  };
}

/** Turns any answer but a success into the terms that callers act on. */
export function toStoreError(answer: Answer): StoreError {
  const { kind, status, code, message, advice } = readRefusal(answer);
  const retryAfterMs = kind === "unavailable" ? toRetryAfterMs(answer.headers) : undefined;
  return new StoreError(kind, advice ? `${message} ${advice}` : message, {
    ...(status > 0 && { status }),
    ...(code !== undefined && { code }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

const UNEXPOSED =
  "Run `tracing migrate`; if that changes nothing, upgrade InsForge to a release of mid-2026 or later, " +
  "which exposes the schemas of migrations.";
const MIGRATE = "Run `tracing migrate`.";
const CHECK_KEY = "Set INSFORGE_API_KEY to the project's API key (ik_...).";
const CHECK_URL = "Check INSFORGE_BASE_URL and the proxies on the way to it.";

function judge(status: number, { code, message, page }: Failure, headers: Headers): Verdict {
  if (status >= 300 && status < 400) {
    const location = headers.get("location");
    const where = location ? ` to ${withoutQuery(location)}` : "";
    return {
      kind: "unreachable",
      advice: `It redirects${where}: set INSFORGE_BASE_URL to the final address.`,
    };
  }
  if (status === 413 || (status >= 500 && /request entity too large/i.test(message)))
    return { kind: "too-large" };
  const verdict = (code === undefined ? undefined : judgeCode(code, status)) ?? judgeStatus(status);
  if (!page) return verdict;
  // A refusal by a page comes from something in between, which knows nothing of the data: it is no verdict on it.
  const kind = verdict.kind === "rejected" ? "unavailable" : verdict.kind;
  return { kind, advice: `The answer is a web page, not InsForge's. ${CHECK_URL}` };
}

function judgeCode(code: string, status: number): Verdict | undefined {
  switch (code) {
    case "42501":
      return { kind: "unauthorized", advice: `The key lacks the right. ${CHECK_KEY}` };
    case "PGRST106":
      return { kind: "schema-missing", advice: UNEXPOSED };
    case "PGRST202":
    case "PGRST203":
    case "PGRST205":
    case "42883":
    case "42P01":
    case "3F000":
      return { kind: "schema-missing", advice: MIGRATE };
  }
  if (!/^[0-9A-Z]{5}$/.test(code)) return undefined;
  switch (code.slice(0, 2)) {
    case "22":
    case "23":
      return { kind: "rejected" };
    case "28":
      return { kind: "unauthorized", advice: CHECK_KEY };
    // 25006 is a read-only standby, which answers 405: nothing is wrong with the data.
    case "08":
    case "25":
    case "40":
    case "42":
    case "53":
    case "54":
    case "55":
    case "57":
    case "58":
    case "XX":
      return { kind: "unavailable" };
    default:
      // A client that does not tell the status leaves only the code to go by.
      return status === 0 ? { kind: "rejected" } : undefined;
  }
}

function judgeStatus(status: number): Verdict {
  if (status === 401 || status === 403) return { kind: "unauthorized", advice: CHECK_KEY };
  if (status === 404) return { kind: "schema-missing", advice: `${MIGRATE} If it has run: ${CHECK_URL}` };
  if (status === 406) return { kind: "schema-missing", advice: UNEXPOSED };
  if (status === 408 || status === 425 || status === 429 || status >= 500) return { kind: "unavailable" };
  return status >= 400 ? { kind: "rejected" } : { kind: "unreachable" };
}

function parseFailure(headers: Headers, text: string): Failure {
  const page =
    /^text\/html/i.test(headers.get("content-type") ?? "") || /^\s*<(!doctype|html|head)/i.test(text);
  if (page) return { code: undefined, message: /<title>([^<]*)/i.exec(text)?.[1]?.trim() ?? "", page };
  const body = parseObject(text);
  if (!body) return { code: undefined, message: text, page };
  const code = [body.code, body.error].find(
    (value) => typeof value === "string" && /^[\w-]{1,64}$/.test(value),
  );
  const message = [body.message, body.error].find((value) => typeof value === "string") ?? "";
  return { code: code as string | undefined, message: message as string, page };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** As much of a message is looked at. */
const MAX_MESSAGE_CHARS = 4_000;

function toMessage(status: number, { code, message }: Failure): string {
  // Redacted first: a secret is known by what stands around it.
  const said = toSafeText(withoutRow(toSafeText(message, MAX_MESSAGE_CHARS), code));
  const outcome = status === 0 ? "InsForge fails" : `InsForge answers ${status}`;
  const answer = `${outcome}${code ? ` (${code})` : ""}${said && said !== code ? `: ${said}` : ""}`;
  return `${answer.replace(/[.:]$/, "")}.`;
}

/** Postgres quotes the offending value in messages of class 22, and the whole row in some of class 23. */
function withoutRow(message: string, code: string | undefined): string {
  const head = message
    .replace(/Failing row contains[\s\S]*/, "")
    .replace(/(Key \([^)]*\)=)\([\s\S]*/, "$1(...)");
  return code?.startsWith("22") ? head.replace(/"[\s\S]*"/g, '"..."') : head;
}

function withoutQuery(location: string): string {
  return toSafeText(location.replace(/[?#].*$/s, ""), 200);
}
