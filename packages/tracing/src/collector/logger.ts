/** Where the library says what an operator should know; `console` and pino loggers fit. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
}

/** Standard error, one line a message, so that a program's output stays its own. */
export const stderrLogger: Logger = {
  info: (message) => process.stderr.write(`[tracing] ${message}\n`),
  warn: (message) => process.stderr.write(`[tracing] ${message}\n`),
};
