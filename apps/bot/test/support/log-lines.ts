import { createLogger, type Logger } from "../../src/logger.ts";

export interface LogLine {
  level: string;
  msg: string;
  [name: string]: unknown;
}

/** The bot's own logger, with its lines kept. */
export function recordLog(): { logger: Logger; lines: LogLine[]; text(): string } {
  const lines: LogLine[] = [];
  const raw: string[] = [];
  const destination = {
    write(line: string) {
      raw.push(line);
      lines.push(JSON.parse(line));
    },
  };
  return {
    logger: createLogger({ level: "trace", secrets: [], destination }),
    lines,
    text: () => raw.join(""),
  };
}
