import { randomInt } from "node:crypto";
import type { Chat } from "./chat.ts";

export interface PressedButton {
  chat: Chat;
  messageId: number;
  data: string;
}

const LONGEST_ID = 2 ** 47;

/** Presses that the bot may still answer. */
export class CallbackQueries {
  readonly #open = new Map<string, PressedButton & { expiresAt: number }>();
  readonly #timeoutMs: number;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  add(pressed: PressedButton): string {
    this.#dropExpired();
    const id = `${randomInt(LONGEST_ID)}${String(this.#open.size).padStart(4, "0")}`;
    this.addAs(id, pressed);
    return id;
  }

  /** Under an id of the caller's. */
  addAs(id: string, pressed: PressedButton): void {
    this.#open.set(id, { ...pressed, expiresAt: Date.now() + this.#timeoutMs });
  }

  /** Undefined for an id that is unknown or too old. */
  find(id: string): PressedButton | undefined {
    this.#dropExpired();
    return this.#open.get(id);
  }

  #dropExpired(): void {
    const now = Date.now();
    for (const [id, { expiresAt }] of this.#open) {
      if (expiresAt > now) return;
      this.#open.delete(id);
    }
  }
}
