export interface ChatMessage {
  messageId: number;
  from: "bot" | "user";
  text: string;
  entities: { type: string; offset: number; length: number }[];
  buttons: { text: string; data: string }[][];
  edited: boolean;
  seq: number;
}

interface ChatState {
  seq: number;
  messages: ChatMessage[];
  answers: { text: string }[];
  typing: boolean;
  activity: number;
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
  /** Of messages that local Telegram does not know of. */
  #lastRawId = 1_000_000;
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

  /** Sends a message of any kind: the fields of the Bot API, as they are. */
  async sendRaw(fields: Record<string, unknown>): Promise<void> {
    await this.#catchUp(0);
    this.#mark = this.#seq;
    const { id } = this;
    const message = {
      message_id: ++this.#lastRawId,
      date: 1,
      chat: { id, type: "private" },
      from: { id, first_name: "Ada" },
    };
    await this.sendUpdates({ message: { ...message, ...fields } });
  }

  /** Presses with data of any origin, on a message that may be anybody's, gone, or missing. */
  async pressRaw(data: string, message?: Record<string, unknown>): Promise<void> {
    await this.#catchUp(0);
    this.#mark = this.#seq;
    const press = { id: `raw-${++this.#lastRawId}-${this.id}`, chat_instance: "1", data, message };
    await this.sendUpdates({ callback_query: { ...press, from: { id: this.id, first_name: "Ada" } } });
  }

  /** Hands the bot updates of any shape, at once. */
  async sendUpdates(...updates: Record<string, unknown>[]): Promise<void> {
    await post(new URL("/local/updates", this.#base), updates);
  }

  /** A file that is made up while the bot downloads it; the id names it in a message. */
  async uploadMade(file: Record<string, unknown>): Promise<string> {
    const response = await post(new URL("/local/files", this.#base), file);
    return ((await response.json()) as { fileId: string }).fileId;
  }

  /** What the bot answered to the presses, the latest last. */
  async toasts(): Promise<string[]> {
    const { answers } = await this.#catchUp(0);
    return answers.map(({ text }) => text);
  }

  /** Resolves once the bot is seen to be typing. */
  async expectTyping(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    let seen = await this.#catchUp(0);
    while (!seen.typing && performance.now() < deadline) seen = await this.#catchUp(1_000, seen.activity);
    if (seen.typing) return;
    throw new Error(`User ${this.id} does not see the bot typing.`);
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

  async #catchUp(waitMs: number, activity?: number): Promise<ChatState> {
    const also = activity === undefined ? "" : `&activity=${activity}`;
    const response = await fetch(`${this.#base}/chat?after=${this.#seq}&wait=${Math.ceil(waitMs)}${also}`);
    if (!response.ok) throw new Error(`The chat cannot be read: ${await response.text()}`);
    const state = (await response.json()) as ChatState;
    for (const message of state.messages) this.#messages.set(message.messageId, message);
    this.#seq = state.seq;
    return state;
  }

  async #post(path: string, body: unknown): Promise<void> {
    await post(new URL(`${this.#base}/${path}`), body);
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

async function post(url: URL, body: unknown): Promise<Response> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url.pathname} is refused: ${await response.text()}`);
  return response;
}

function matchesText(message: ChatMessage, wanted: Wanted): boolean {
  if (typeof wanted === "function") return wanted(message);
  return typeof wanted === "string" ? message.text.includes(wanted) : wanted.test(message.text);
}
