import { truncateCells } from "../render/cell-text.ts";
import type { CliIo } from "./io.ts";

/** What a long piece of work says of itself while it lasts. */
export interface Progress {
  /** Replaces what was said before. */
  say(message: string): void;
  /** Takes it off the screen; calling it again does nothing. */
  end(): void;
}

const CLEAR_LINE = "\r\u001b[2K";

/** One line on standard error that is written over and over, on a terminal only; elsewhere nothing is said. */
export function createProgress({ stderr, env }: CliIo): Progress {
  if (!stderr.isTTY || env.TERM === "dumb") return { say: () => undefined, end: () => undefined };
  let shown = false;
  return {
    say(message) {
      shown = true;
      stderr.write(`${CLEAR_LINE}${truncateCells(message, (stderr.columns ?? 80) - 1)}`);
    },
    end() {
      if (shown) stderr.write(CLEAR_LINE);
      shown = false;
    },
  };
}
