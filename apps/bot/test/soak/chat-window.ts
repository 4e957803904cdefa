import type { ChatMessage } from "../support/chat-user.ts";

export type { ChatMessage } from "../support/chat-user.ts";

/** Something of the bot's that its reader sees for the first time, or sees changed. */
export interface Change {
  message: ChatMessage;
  isNew: boolean;
}

interface View {
  seq: number;
  activity: number;
  messages: ChatMessage[];
  answers: { callbackQueryId: string; text: string }[];
}

/** One person's chat with the bot, over the control API of local Telegram, as a stream of what changes in it. */
export class ChatWindow {
  readonly #base: string;
  readonly #seen = new Map<number, ChatMessage>();
  readonly #toasts = new Map<string, string>();
  #seq = 0;
  #activity = 0;

  constructor(url: string, userId: number) {
    this.#base = `${url}/local/users/${userId}`;
  }

  async send(text: string): Promise<void> {
    await this.#post("messages", JSON.stringify({ text }));
  }

  async sendVoice(recording: Uint8Array): Promise<void> {
    const form = new FormData();
    form.set("voice", new File([new Uint8Array(recording)], "voice.ogg", { type: "audio/ogg" }));
    await this.#post("messages", form);
  }

  /** Presses a button, also one that the message no longer has; resolves to an id by which {@link toast} knows the press. */
  async press(messageId: number, data: string): Promise<string> {
    const pressed = await this.#post("press", JSON.stringify({ messageId, data, force: true }));
    return (pressed as { callbackQueryId: string }).callbackQueryId;
  }

  /** The short note that a press was answered with at once, empty when it has none; undefined when it has no answer yet. */
  toast(press: string): string | undefined {
    return this.#toasts.get(press);
  }

  /** What the bot has done since the last call, in its order; waits for it so long when there is nothing yet. */
  async changes(waitMs: number): Promise<Change[]> {
    const { seq, activity, messages, answers } = await this.#read(this.#seq, waitMs);
    this.#seq = seq;
    this.#activity = activity;
    for (const { callbackQueryId, text } of answers) this.#toasts.set(callbackQueryId, text);
    const ofBot = messages.filter(({ from }) => from === "bot").toSorted((a, b) => a.seq - b.seq);
    return ofBot.map((message) => {
      const isNew = !this.#seen.has(message.messageId);
      this.#seen.set(message.messageId, message);
      return { message, isNew };
    });
  }

  /** The bot's messages as they were seen last, in the order they were sent. */
  seen(): ChatMessage[] {
    return [...this.#seen.values()].toSorted((a, b) => a.messageId - b.messageId);
  }

  /** All that stands in the chat, whatever was seen of it. */
  async whole(): Promise<ChatMessage[]> {
    return (await this.#read(0, 0)).messages;
  }

  async #read(after: number, waitMs: number): Promise<View> {
    const wait = Math.ceil(waitMs);
    const response = await fetch(`${this.#base}/chat?after=${after}&activity=${this.#activity}&wait=${wait}`);
    if (!response.ok) throw new Error(`The chat cannot be read: ${await response.text()}`);
    return (await response.json()) as View;
  }

  async #post(path: string, body: string | FormData): Promise<unknown> {
    const headers: Record<string, string> =
      typeof body === "string" ? { "content-type": "application/json" } : {};
    const response = await fetch(`${this.#base}/${path}`, { method: "POST", headers, body });
    if (!response.ok) throw new Error(`${path} is refused: ${await response.text()}`);
    return response.json();
  }
}
