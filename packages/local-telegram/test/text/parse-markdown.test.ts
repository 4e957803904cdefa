import { describe, expect, it } from "vitest";
import { parseMarkdown } from "../../src/text/parse-markdown.ts";

describe("parseMarkdown", () => {
  it.each([
    ["*x*", { type: "bold" }],
    ["_x_", { type: "italic" }],
    ["__x__", { type: "underline" }],
    ["~x~", { type: "strikethrough" }],
    ["||x||", { type: "spoiler" }],
    ["`x`", { type: "code" }],
    ["```ts\nx```", { type: "pre", language: "ts" }],
    ["[x](https://x.org/a\\)b)", { type: "text_link", url: "https://x.org/a)b" }],
    [">x", { type: "blockquote" }],
    [">x||", { type: "expandable_blockquote" }],
  ])("reads %s", (source, expected) => {
    expect(parseMarkdown(source)).toEqual({ text: "x", entities: [{ ...expected, offset: 0, length: 1 }] });
  });

  it("nests styles, takes escaped characters as they are and ends a quotation with its lines", () => {
    expect(parseMarkdown("*a _b_* 1\\.0\n>c\n>d\ne")).toEqual({
      text: "a b 1.0\nc\nd\ne",
      entities: [
        { type: "italic", offset: 2, length: 1 },
        { type: "bold", offset: 0, length: 3 },
        { type: "blockquote", offset: 8, length: 3 },
      ],
    });
  });

  it("takes backslash and backquote inside code only when they are escaped", () => {
    expect(parseMarkdown("`a\\`\\\\b`")).toEqual({
      text: "a`\\b",
      entities: [{ type: "code", offset: 0, length: 4 }],
    });
  });

  it.each([
    ["1.0", "character '.' is reserved and must be escaped with the preceding '\\'"],
    ["a]", "character ']' is reserved"],
    ["é*x", "can't find end of Bold entity at byte offset 2"],
    ["`x", "can't find end of Code entity at byte offset 0"],
    ["```x", "can't find end of PreCode entity at byte offset 0"],
    ["[x", "can't find end of TextUrl entity at byte offset 0"],
    ["*_x*_", "can't find end of Italic entity at byte offset 1"],
  ])("refuses %s", (source, expected) => {
    expect(() => parseMarkdown(source)).toThrow(expected);
  });
});
