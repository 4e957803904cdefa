import { writeSync } from "node:fs";
import { diag } from "@opentelemetry/api";

/** Where the library says what an operator should know; `console` and pino loggers fit. */
export interface Logger {
  /** Something that is good to know. */
  info(message: string): void;
  /** Something to act on; says what to do. */
  warn(message: string): void;
}

// Past Node's stream, which ends a process whose standard error is on a full disk or read by nobody; `console` does too,
// the second time.
const toStderr = (message: string) => void writeSync(2, `[tracing] ${message}\n`);

/** Standard error, one line a message, so that a program's output stays its own. */
export const stderrLogger: Logger = harmless({ info: toStderr, warn: toStderr });

/** The same logger, which may throw without harm: tracing calls it from inside the traced code. */
export function harmless(logger: Logger): Logger {
  const say = (level: keyof Logger) => (message: string) => {
    try {
      logger[level](message);
    } catch (error) {
      diag.error(`@app/tracing: the logger threw ${error instanceof Error ? error.name : typeof error}.`);
    }
  };
  return { info: say("info"), warn: say("warn") };
}

/** The same logger, which is not told a line again that was the last one it was told. */
export function withoutRepeats(logger: Logger): Logger {
  let last: string | undefined;
  const say = (level: keyof Logger) => (message: string) => {
    if (message === last) return;
    last = message;
    logger[level](message);
  };
  return { info: say("info"), warn: say("warn") };
}
