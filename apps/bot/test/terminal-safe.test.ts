import pretty from "pino-pretty";
import { describe, expect, it } from "vitest";
import { createLogger } from "../src/logger.ts";
import { toTerminalSafe } from "../src/terminal-safe.ts";

const ESCAPES = "\u001b]0;owned\u0007\u001b[31m red \u009b2J \u007f \b\b\r over";

/** What a person would see on a terminal. */
function shown(write: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  const toText = pretty.prettyFactory({ colorize: false });
  const destination = { write: (line: string) => void lines.push(toText(toTerminalSafe(line))) };
  write(createLogger({ level: "info", secrets: [], destination }));
  return lines.join("");
}

describe("a log on a terminal", () => {
  it("is steered by nothing that is logged: message, values, names and errors", () => {
    const text = shown((logger) => {
      const err = new Error(`failed: ${ESCAPES}`);
      logger.info({ value: ESCAPES, [ESCAPES]: { deep: [ESCAPES] }, err }, `said: ${ESCAPES}`);
    });
    expect(text).toContain("]0;owned");
    expect(text).not.toMatch(/[^\P{Cc}\n\t]/u);
  });

  it("shows all other text as it is", () => {
    const text = 'C:\\new\\bin\\u001b.txt\n\t"quoted" 😀 \\\\r é';
    expect(shown((logger) => logger.info(text))).toContain(text);
  });
});
