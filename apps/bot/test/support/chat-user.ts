export interface ChatMessage {
  messageId: number;
  from: "bot" | "user";
  text: string;
  entities: { type: string; offset: number; length: number }[];
  buttons: { text: string; data: string }[][];
  edited: boolean;
  seq: number;
}

type Wanted = string | RegExp | ((message: ChatMessage) => boolean);

const PATIENCE_MS = 20_000;

/** A person who chats with the bot, over the control API of local Telegram. */
export class ChatUser {
  readonly id: number;
  readonly #base: string;
  /** What the person has seen of each message last, by its id. */
  readonly #messages = new Map<number, ChatMessage>();
  #seq = 0;
  /** Where the next expected message begins: what came before is answered. */
  #mark = 0;

  constructor(url: string, id: number) {
    this.id = id;
    this.#base = `${url}/local/users/${id}`;
  }

  /** Writes, and from then on expects only what comes after. */
  async send(text: string): Promise<void> {
    await this.#catchUp(0);
    this.#mark = this.#seq;
    await this.#post("messages", { text });
  }

  async sendVoice(bytes: Uint8Array): Promise<void> {
    await this.#catchUp(0);
    this.#mark = this.#seq;
    const form = new FormData();
    form.set("voice", new File([new Uint8Array(bytes)], "voice.ogg", { type: "audio/ogg" }));
    const response = await fetch(`${this.#base}/messages`, { method: "POST", body: form });
    if (!response.ok) throw new Error(`The voice message is refused: ${await response.text()}`);
  }

  /** Presses the button with this label, of the latest message that has one. */
  async press(label: string | RegExp): Promise<void> {
    await this.#catchUp(0);
    const matches = (text: string) => (typeof label === "string" ? text === label : label.test(text));
    for (const message of this.all().toReversed()) {
      const button = message.buttons.flat().find(({ text }) => matches(text));
      if (!button) continue;
      return this.pressData(message.messageId, button.data);
    }
    throw new Error(`No message has a button ${label}; there are:\n${this.#summary()}`);
  }

  /** Presses the first button of the latest message that has buttons: the step forward. */
  async pressFirst(): Promise<void> {
    await this.#catchUp(0);
    const message = this.all().findLast(({ buttons }) => buttons.flat().length > 0);
    const button = message?.buttons.flat()[0];
    if (!message || !button) throw new Error(`No message has buttons; there are:\n${this.#summary()}`);
    return this.pressData(message.messageId, button.data);
  }

  async pressData(messageId: number, data: string, force = false): Promise<void> {
    this.#mark = this.#seq;
    await this.#post("press", { messageId, data, ...(force && { force }) });
  }

  /** Resolves with the message of the bot that was sent or edited since the last thing the person did, once there is one. */
  async expect(wanted: Wanted, timeoutMs = PATIENCE_MS): Promise<ChatMessage> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const found = this.all().find(
        (message) => message.from === "bot" && message.seq > this.#mark && matchesText(message, wanted),
      );
      if (found) return found;
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`User ${this.id} waits for ${wanted}; there are:\n${this.#summary()}`);
      await this.#catchUp(Math.min(left, 1_000));
    }
  }

  /** What the chat shows, in the order of the messages' ids. */
  all(): ChatMessage[] {
    return [...this.#messages.values()].toSorted((a, b) => a.messageId - b.messageId);
  }

  /** The bot's messages since the last thing the person did, after all that has come. */
  async answers(): Promise<ChatMessage[]> {
    await this.#catchUp(0);
    return this.all().filter(({ from, seq }) => from === "bot" && seq > this.#mark);
  }

  async #catchUp(waitMs: number): Promise<void> {
    const response = await fetch(`${this.#base}/chat?after=${this.#seq}&wait=${Math.ceil(waitMs)}`);
    if (!response.ok) throw new Error(`The chat cannot be read: ${await response.text()}`);
    const { seq, messages } = (await response.json()) as { seq: number; messages: ChatMessage[] };
    for (const message of messages) this.#messages.set(message.messageId, message);
    this.#seq = seq;
  }

  async #post(path: string, body: unknown): Promise<void> {
    const response = await fetch(`${this.#base}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path} is refused: ${await response.text()}`);
  }

  #summary(): string {
    return this.all()
      .map(
        ({ from, text, buttons }) =>
          `${from}: ${text.slice(0, 200)} ${JSON.stringify(buttons.flat().map((b) => b.text))}`,
      )
      .join("\n");
  }
}

function matchesText(message: ChatMessage, wanted: Wanted): boolean {
  if (typeof wanted === "function") return wanted(message);
  return typeof wanted === "string" ? message.text.includes(wanted) : wanted.test(message.text);
}
