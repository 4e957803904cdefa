import { describe, expect, it } from "vitest";
import { parseHtml } from "../../src/text/parse-html.ts";

describe("parseHtml", () => {
  it("makes entities of nested tags and characters of references", () => {
    expect(parseHtml("a <b>bold <i>both</i></b> &lt;&#128512;&gt;")).toEqual({
      text: "a bold both <😀>",
      entities: [
        { type: "italic", offset: 7, length: 4 },
        { type: "bold", offset: 2, length: 9 },
      ],
    });
  });

  it.each([
    ['<a href="https://x.org/?a=1&amp;b=2">x</a>', { type: "text_link", url: "https://x.org/?a=1&b=2" }],
    ['<pre><code class="language-ts">x</code></pre>', { type: "pre", language: "ts" }],
    ["<code>x</code>", { type: "code" }],
    ['<span class="tg-spoiler">x</span>', { type: "spoiler" }],
    ["<blockquote expandable>x</blockquote>", { type: "expandable_blockquote" }],
    ["<DEL>x</DEL>", { type: "strikethrough" }],
  ])("reads %s", (source, expected) => {
    expect(parseHtml(source)).toEqual({ text: "x", entities: [{ ...expected, offset: 0, length: 1 }] });
  });

  it("leaves out a link that leads nowhere safe", () => {
    expect(parseHtml('<a href="javascript:alert(1)">x</a>')).toEqual({ text: "x", entities: [] });
  });

  it.each([
    ["é<h1>x</h1>", 'unsupported start tag "h1" at byte offset 2'],
    ["a < b", 'unsupported start tag "" at byte offset 2'],
    ["<b>x", 'can\'t find end tag corresponding to start tag "b"'],
    ["<b>x</i>", 'unmatched end tag at byte offset 4, expected "</b>", found "</i>"'],
    ["x</b>", "unexpected end tag at byte offset 1"],
  ])("refuses %s", (source, expected) => {
    expect(() => parseHtml(source)).toThrow(expected);
  });
});
