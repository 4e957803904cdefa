import type { MessageEntity } from "@grammyjs/types";
import type { FormattedText } from "./entities.ts";
import { ParseError } from "./parse-error.ts";

type Style = "bold" | "italic" | "underline" | "strikethrough" | "spoiler";

const RESERVED = "_*[]()~`>#+-=|{}.!";
const MARKERS: readonly (readonly [string, Style])[] = [
  ["__", "underline"],
  ["||", "spoiler"],
  ["*", "bold"],
  ["_", "italic"],
  ["~", "strikethrough"],
];

/** Telegram's MarkdownV2. @throws {ParseError} */
export function parseMarkdown(source: string): FormattedText {
  return new MarkdownReader(source).read();
}

class MarkdownReader {
  readonly #source: string;
  readonly #entities: MessageEntity[] = [];
  readonly #open: { type: Style | "link"; offset: number; at: number }[] = [];
  #quote: { offset: number; expandable?: boolean } | undefined;
  #text = "";
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  read(): FormattedText {
    while (this.#at < this.#source.length) this.#step();
    this.#endQuote(this.#text.length);
    const unclosed = this.#open.at(-1);
    if (unclosed) this.#failEnd(unclosed.type, unclosed.at);
    return { text: this.#text, entities: this.#entities };
  }

  #step(): void {
    const char = this.#source.charAt(this.#at);
    if (this.#atLineStart() && this.#beginLine()) return;
    if (char === "\\" && this.#at + 1 < this.#source.length) {
      this.#text += this.#source.charAt(this.#at + 1);
      this.#at += 2;
    } else if (char === "`") this.#code();
    else if (char === "[") this.#push("link", 1);
    else if (char === "]" && this.#open.at(-1)?.type === "link") this.#link();
    else if (!this.#marker()) this.#plain(char);
  }

  #atLineStart(): boolean {
    return this.#at === 0 || this.#source.charAt(this.#at - 1) === "\n";
  }

  /** True when it went past the mark of a quotation. */
  #beginLine(): boolean {
    if (this.#source.startsWith("**>", this.#at)) {
      this.#endQuote(this.#text.length - 1);
      this.#quote = { offset: this.#text.length };
      this.#at += 3;
      return true;
    }
    if (this.#source.charAt(this.#at) === ">") {
      this.#quote ??= { offset: this.#text.length };
      this.#at += 1;
      return true;
    }
    this.#endQuote(this.#text.length - 1);
    return false;
  }

  #endQuote(end: number): void {
    const { offset, expandable } = this.#quote ?? {};
    this.#quote = undefined;
    if (offset === undefined || end <= offset) return;
    const type = expandable ? "expandable_blockquote" : "blockquote";
    this.#entities.push({ type, offset, length: end - offset });
  }

  #marker(): boolean {
    const closing = MARKERS.find(
      ([mark, type]) => this.#open.at(-1)?.type === type && this.#source.startsWith(mark, this.#at),
    );
    const [mark, type] = closing ?? MARKERS.find(([text]) => this.#source.startsWith(text, this.#at)) ?? [];
    if (!mark || !type) return false;
    if (!closing) {
      if (mark === "||" && this.#quote && /^\|\|(\n|$)/.test(this.#source.slice(this.#at))) {
        this.#quote.expandable = true;
        this.#at += mark.length;
      } else this.#push(type, mark.length);
      return true;
    }
    const opened = this.#open.pop();
    this.#at += mark.length;
    if (opened) this.#add({ type, offset: opened.offset, length: this.#text.length - opened.offset });
    return true;
  }

  #code(): void {
    const mark = this.#source.startsWith("```", this.#at) ? "```" : "`";
    const from = this.#at + mark.length;
    const found = /^(?:[^`\\]|\\[\s\S]|`(?!``))*?(?=```)/;
    const body =
      mark === "`"
        ? /^(?:[^`\\]|\\[\s\S])*(?=`)/.exec(this.#source.slice(from))
        : found.exec(this.#source.slice(from));
    if (!body) this.#failEnd(mark === "`" ? "code" : "pre", this.#at);
    const language = mark === "`" ? undefined : /^([^\s\n\\`]*)\n/.exec(body[0]);
    const content = body[0].slice(language?.[0].length ?? 0).replace(/\\([\s\S])/g, "$1");
    const at = { offset: this.#text.length, length: content.length };
    this.#text += content;
    this.#at = from + body[0].length + mark.length;
    if (mark === "`") this.#add({ type: "code", ...at });
    else this.#add({ type: "pre", ...at, ...(language?.[1] && { language: language[1] }) });
  }

  #link(): void {
    const opened = this.#open.pop();
    const target = /^\]\(((?:[^)\\]|\\[\s\S])*)\)/.exec(this.#source.slice(this.#at));
    if (!opened || !target) throw this.#reserved("]");
    const url = String(target[1]).replace(/\\([\s\S])/g, "$1");
    const length = this.#text.length - opened.offset;
    if (/^(https?|tg|mailto|tel):/i.test(url))
      this.#add({ type: "text_link", offset: opened.offset, length, url });
    this.#at += target[0].length;
  }

  #plain(char: string): void {
    if (RESERVED.includes(char)) throw this.#reserved(char);
    this.#text += char;
    this.#at += 1;
  }

  #push(type: Style | "link", markLength: number): void {
    if (this.#open.some((opened) => opened.type === type)) {
      this.#failEnd(this.#open.at(-1)?.type ?? type, this.#open.at(-1)?.at ?? this.#at);
    }
    this.#open.push({ type, offset: this.#text.length, at: this.#at });
    this.#at += markLength;
  }

  #add(entity: MessageEntity): void {
    if (entity.length > 0) this.#entities.push(entity);
  }

  #reserved(char: string): ParseError {
    return new ParseError(`character '${char}' is reserved and must be escaped with the preceding '\\'`);
  }

  #failEnd(type: string, at: number): never {
    const name =
      { link: "TextUrl", pre: "PreCode" }[type] ?? `${type.charAt(0).toUpperCase()}${type.slice(1)}`;
    throw new ParseError(
      `can't find end of ${name} entity at byte offset ${Buffer.byteLength(this.#source.slice(0, at))}`,
    );
  }
}
