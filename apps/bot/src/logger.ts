import { createRedactor, TraceContext } from "@app/tracing";
import { type Logger, pino, stdSerializers } from "pino";
import pretty from "pino-pretty";
import { toTerminalSafe } from "./terminal-safe.ts";

export type { Logger } from "pino";

export interface LoggerOptions {
  level: string;
  /** Keys and tokens that no line may hold, wherever they come from. */
  secrets: readonly string[];
  /** @default standard output, made readable on a terminal */
  destination?: { write(line: string): void };
}

/** Lines of JSON, or readable ones on a terminal; each has the id of the trace it was written in. */
export function createLogger({ level, secrets, destination = standardOutput() }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => {
        const traceId = TraceContext.current()?.traceId;
        return traceId === undefined ? {} : { traceId };
      },
      serializers: { err: toLoggedError },
    },
    withoutSecrets(destination, secrets),
  );
}

/** Of an error what helps, with its causes, but nothing that a library has hung on it: requests, tokens, payloads. */
function toLoggedError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const { type, message, stack } = stdSerializers.err(error);
  return { type, message, stack };
}

function standardOutput(): { write(line: string): void } {
  if (!process.stdout.isTTY) return process.stdout;
  const terminal = pretty({ sync: true, ignore: "pid,hostname" });
  return { write: (line) => terminal.write(toTerminalSafe(line)) };
}

const redactor = createRedactor();

/** Takes out the bot's own keys, and whatever else looks like one, such as what a backend or a rep has written. */
function withoutSecrets(
  destination: { write(line: string): void },
  secrets: readonly string[],
): { write(line: string): void } {
  const known = secrets.flatMap((secret) => [...new Set([secret, encodeURIComponent(secret)])]);
  const clean = (text: string) =>
    redactor.text(known.reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text));
  return { write: (line) => destination.write(`${JSON.stringify(cleanValue(JSON.parse(line), clean))}\n`) };
}

/** A line's text by text, so that it stays JSON. */
function cleanValue(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === "string") return clean(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, clean));
  const members = Object.entries(value).map(([name, member]) => {
    const secret = typeof member === "string" && redactor.isSecretName(name);
    return [clean(name), secret ? "[redacted]" : cleanValue(member, clean)];
  });
  return Object.fromEntries(members);
}
