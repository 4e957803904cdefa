import { TraceContext } from "@app/tracing";
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

function withoutSecrets(
  destination: { write(line: string): void },
  secrets: readonly string[],
): { write(line: string): void } {
  const known = secrets.flatMap((secret) => [...new Set([secret, encodeURIComponent(secret)])]);
  if (known.length === 0) return destination;
  return {
    write: (line) =>
      destination.write(known.reduce((text, secret) => text.replaceAll(secret, "[redacted]"), line)),
  };
}
