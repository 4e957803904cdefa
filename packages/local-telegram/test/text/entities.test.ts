import { describe, expect, it } from "vitest";
import { cleanText, findEntities, trimText, withFoundEntities } from "../../src/text/entities.ts";

describe("entities", () => {
  it("finds commands, links and mentions as Telegram does", () => {
    const found = (text: string) =>
      findEntities(text).map(({ type, offset, length }) => [type, text.slice(offset, offset + length)]);
    expect(found("/start@some_bot or /help, see https://x.org/a?b=/c. @someone")).toEqual([
      ["bot_command", "/start@some_bot"],
      ["bot_command", "/help"],
      ["url", "https://x.org/a?b=/c"],
      ["mention", "@someone"],
    ]);
    expect(found("1/2 and/or path/to //x a@example.org")).toEqual([]);
    expect(found("/über /überall")).toEqual([]);
  });

  it("finds nothing inside code", () => {
    const code = { type: "code" as const, offset: 0, length: 6 };
    expect(withFoundEntities({ text: "/start /help", entities: [code] }).entities).toEqual([
      code,
      { type: "bot_command", offset: 7, length: 5 },
    ]);
  });

  it("moves and shrinks entities when the ends are trimmed", () => {
    const bold = { type: "bold" as const, offset: 0, length: 5 };
    const italic = { type: "italic" as const, offset: 0, length: 2 };
    expect(trimText({ text: "  abc  ", entities: [bold, italic] })).toEqual({
      text: "abc",
      entities: [{ type: "bold", offset: 0, length: 3 }],
    });
  });

  it("takes what is no text out of a text without changing its length", () => {
    expect(cleanText("a\u0000b\tc\nd\ud800")).toBe("a b c\nd\ufffd");
  });
});
