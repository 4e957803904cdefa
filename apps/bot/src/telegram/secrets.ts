import { BotError, GrammyError, HttpError } from "grammy";

/** A bot's token as it stands in addresses of the Bot API, or alone. */
const BOT_TOKEN = /(?:bot)?\d{3,}:[\w-]{20,}/g;
/** What follows `bot` in a path of the Bot API, whatever it looks like. */
const BOT_PATH = /(\/bot)[^/\s"']+(?=\/)/g;
const MAX_CAUSES = 4;

/** Takes bot tokens out of a text. */
export function redactBotToken(text: string): string {
  return text.replace(BOT_PATH, "$1[redacted]").replace(BOT_TOKEN, "[redacted]");
}

/**
 * Says in one line what went wrong, for a log: of errors of the Bot API the method, code and description, of others the
 * message and its causes. Neither tokens nor payloads are in it, although grammY's errors carry both.
 */
export function describeError(error: unknown): string {
  return redactBotToken(describe(error, 0));
}

function describe(error: unknown, depth: number): string {
  if (error instanceof BotError) return describe(error.error, depth);
  if (error instanceof GrammyError) {
    const { name, method, error_code, description } = error;
    return `${name}: ${method} answered ${error_code}: ${description}`;
  }
  if (error instanceof HttpError) {
    const reason = toReason(error.error);
    return `${error.name}: ${error.message}${reason ? ` (${reason})` : ""}`;
  }
  if (!(error instanceof Error)) return `Thrown, but not an error: ${String(error)}`;
  const own = `${error.name}: ${error.message}`;
  if (error.cause === undefined || depth === MAX_CAUSES) return own;
  return `${own}; because of ${describe(error.cause, depth + 1)}`;
}

/** What is safe to tell of the error within an `HttpError`, whose message has the address with the token. */
function toReason(inner: unknown): string | undefined {
  if (!(inner instanceof Error)) return undefined;
  if ("code" in inner && typeof inner.code === "string") return inner.code;
  if (inner.name === "AbortError") return "aborted";
  return /timed out/.test(inner.message) ? "timed out" : inner.name;
}
