export interface FloodGateOptions {
  /** Updates of one chat that may be taken on at a time, those that wait among them. @default 20 */
  maxPerChat?: number;
  /** As many again, of those that must not be kept waiting. @default 3 */
  maxUrgentPerChat?: number;
}

/** Whether an update is taken on. */
export type Entry =
  | ({ kind: "in" } & Disposable)
  /** `isFirst`: since the chat was last quiet, so that it is told once. */
  | { kind: "left-out"; isFirst: boolean };

interface Inside {
  usual: number;
  urgent: number;
  isTold: boolean;
}

/**
 * Bounds how many updates of a chat are taken on at a time, so that one who floods the bot takes up no room of others:
 * what is over the bound is left out at once, and counted.
 */
export class FloodGate {
  readonly #max: Readonly<Record<"usual" | "urgent", number>>;
  readonly #chats = new Map<number, Inside>();
  #leftOut = 0;

  constructor({ maxPerChat = 20, maxUrgentPerChat = 3 }: FloodGateOptions = {}) {
    this.#max = { usual: maxPerChat, urgent: maxUrgentPerChat };
  }

  /** How many updates have been left out since the start. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Dispose of the entry when the update has been handled. */
  enter(chatId: number, { urgent = false }: { urgent?: boolean } = {}): Entry {
    const lane = urgent ? "urgent" : "usual";
    const inside = this.#chats.get(chatId) ?? { usual: 0, urgent: 0, isTold: false };
    if (inside[lane] >= this.#max[lane]) {
      this.#leftOut += 1;
      const isFirst = !inside.isTold;
      inside.isTold = true;
      return { kind: "left-out", isFirst };
    }
    inside[lane] += 1;
    this.#chats.set(chatId, inside);
    return { kind: "in", [Symbol.dispose]: () => this.#leave(chatId, inside, lane) };
  }

  #leave(chatId: number, inside: Inside, lane: "usual" | "urgent"): void {
    inside[lane] -= 1;
    if (inside.usual + inside.urgent === 0) this.#chats.delete(chatId);
  }
}
