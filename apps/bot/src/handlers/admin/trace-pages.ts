import { createHash } from "node:crypto";
import type { ListFilter } from "@app/tracing";
import { LRUCache } from "lru-cache";

/** One page of a list of traces. */
export interface TracePage {
  filter: ListFilter;
  /** As it was asked for, e.g. `status=error`; empty for all. */
  asked: string;
  /** Where the page begins; the newest when undefined. */
  cursor: string | undefined;
}

/** Pages that buttons may still ask for, over all chats. */
const MAX_PAGES = 500;
const TOKEN_BYTES = 4;

/** Remembers pages under names short enough for a button; the same page of a chat keeps its name. */
export class TracePages {
  readonly #pages = new LRUCache<string, TracePage>({ max: MAX_PAGES });

  /** 8 hex digits. */
  remember(chatId: number, page: TracePage): string {
    const token = createHash("sha256")
      .update(JSON.stringify([page.asked, page.cursor]))
      .digest("hex")
      .slice(0, TOKEN_BYTES * 2);
    this.#pages.set(`${chatId}:${token}`, page);
    return token;
  }

  /** Undefined when it was never asked for in this chat by this process, or long ago. */
  find(chatId: number, token: string): TracePage | undefined {
    return this.#pages.get(`${chatId}:${token}`);
  }
}
