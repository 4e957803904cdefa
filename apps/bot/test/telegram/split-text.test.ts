import { b, FormattedString, fmt, pre } from "@grammyjs/parse-mode";
import fc from "fast-check";
import type { MessageEntity } from "grammy/types";
import { describe, expect, it } from "vitest";
import { splitText } from "../../src/telegram/split-text.ts";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const texts = (parts: FormattedString[]): string[] => parts.map((part) => part.text);

describe("splitText", () => {
  it("leaves a text alone that fits", () => {
    expect(texts(splitText("One.\n\nTwo."))).toEqual(["One.\n\nTwo."]);
  });

  it("has no parts for a text with nothing visible", () => {
    expect(splitText(" \n\u200B\u00A0 ")).toEqual([]);
  });

  it("cuts between paragraphs rather than between lines", () => {
    expect(texts(splitText("aaaa bbbb\n\ncccc\ndddd eeee", 18))).toEqual(["aaaa bbbb", "cccc\ndddd eeee"]);
  });

  it("cuts between lines rather than between sentences", () => {
    expect(texts(splitText("Aa bb. Cc\nDd ee. Ff gg.", 18))).toEqual(["Aa bb. Cc", "Dd ee. Ff gg."]);
  });

  it("cuts between sentences rather than between words", () => {
    expect(texts(splitText("Aa bb cc. Dd ee ff gg", 16))).toEqual(["Aa bb cc.", "Dd ee ff gg"]);
  });

  it("cuts between words rather than within one", () => {
    expect(texts(splitText("aaaa bbbb cccc", 11))).toEqual(["aaaa bbbb", "cccc"]);
  });

  it("does not leave a nearly empty part for the sake of a paragraph", () => {
    expect(texts(splitText(`Hi\n\n${"word ".repeat(10)}`.trim(), 20))[0]).toBe("Hi\n\nword word word");
  });

  it("uses the whole limit when a cut falls exactly there", () => {
    expect(texts(splitText("aaaaa\n\nbbbbb", 5))).toEqual(["aaaaa", "bbbbb"]);
  });

  it("keeps a family of emoji together", () => {
    const family = "👩‍👩‍👧‍👦";
    expect(texts(splitText(`${"a".repeat(8)}${family}`, 12))).toEqual(["aaaaaaaa", family]);
  });

  it("cuts a character that is longer than a part between its code points", () => {
    const parts = texts(splitText(`e${"\u0301".repeat(20)}`, 8));
    expect(parts.join("")).toBe(`e${"\u0301".repeat(20)}`);
    expect(parts.every((part) => part.length <= 8)).toBe(true);
  });

  it("goes on with formatting in the next part", () => {
    const parts = splitText(fmt`${b}aaaa bbbb${b} ${pre("ts")}cccc dddd${pre}`, 12);
    expect(parts.map(({ text, entities }) => ({ text, entities }))).toEqual([
      { text: "aaaa bbbb", entities: [{ type: "bold", offset: 0, length: 9 }] },
      { text: "cccc dddd", entities: [{ type: "pre", language: "ts", offset: 0, length: 9 }] },
    ]);
    const within = splitText(fmt`${b}aaaa bbbb cccc${b}`, 10);
    expect(within.map(({ entities }) => entities)).toEqual([
      [{ type: "bold", offset: 0, length: 9 }],
      [{ type: "bold", offset: 0, length: 4 }],
    ]);
  });

  it("drops formatting of nothing but white space", () => {
    const [part] = splitText(new FormattedString("a b", [{ type: "bold", offset: 1, length: 1 }]));
    expect(part?.entities).toEqual([]);
  });

  it("refuses a limit that could not hold every character", () => {
    expect(() => splitText("a", 1)).toThrow("received 1");
  });

  const unit = fc.oneof(
    { weight: 8, arbitrary: fc.stringMatching(/^[a-z]{1,12}$/) },
    { weight: 4, arbitrary: fc.constant(" ") },
    { weight: 2, arbitrary: fc.constantFrom("\n", "\n\n", "\r\n", ". ", "! ", "\t", "\u00A0") },
    { weight: 2, arbitrary: fc.constantFrom("👍🏽", "👩‍👩‍👧‍👦", "🇩🇪", "e\u0301", "日本語。", "𝒳") },
  );
  const content = fc.array(unit, { minLength: 1, maxLength: 120 }).map((units) => units.join(""));
  const formatted = content.chain((text) =>
    fc
      .array(
        fc.record({
          type: fc.constantFrom("bold", "italic", "spoiler"),
          offset: fc.nat(text.length - 1),
          length: fc.integer({ min: 1, max: text.length }),
        }),
        { maxLength: 5 },
      )
      .map((entities) => {
        const within = entities.map((entity) => ({
          ...entity,
          length: Math.min(entity.length, text.length - entity.offset),
        }));
        return new FormattedString(text, within as MessageEntity[]);
      }),
  );
  const limit = fc.integer({ min: 16, max: 200 });

  it("keeps every visible character, in order, within the limit, trimmed and not empty", () => {
    fc.assert(
      fc.property(formatted, limit, (text, max) => {
        const parts = texts(splitText(text, max));
        expect(parts.join("").replace(/\s/g, "")).toBe(text.text.replace(/\s/g, ""));
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(max);
          expect(part).toBe(part.trim());
          expect(part).not.toBe("");
          expect(part.isWellFormed()).toBe(true);
        }
      }),
    );
  });

  it("never cuts within a character", () => {
    fc.assert(
      fc.property(content, limit, (text, max) => {
        const whole = graphemesOf(text.replace(/\s/g, " ")).filter((character) => character.trim() !== "");
        const parts = texts(splitText(text, max)).flatMap((part) => graphemesOf(part.replace(/\s/g, " ")));
        expect(parts.filter((character) => character.trim() !== "")).toEqual(whole);
      }),
    );
  });

  it("keeps the formatting of every visible character, with entities within their part", () => {
    fc.assert(
      fc.property(formatted, limit, (text, max) => {
        const parts = splitText(text, max);
        expect(parts.flatMap(formatOfEach)).toEqual(formatOfEach(text));
        for (const part of parts) {
          for (const { offset, length } of part.entities ?? []) {
            expect(offset).toBeGreaterThanOrEqual(0);
            expect(length).toBeGreaterThan(0);
            expect(offset + length).toBeLessThanOrEqual(part.text.length);
          }
        }
      }),
    );
  });
});

function graphemesOf(text: string): string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

/** For each visible code unit its formats. */
function formatOfEach({ text, entities = [] }: FormattedString): string[] {
  return [...Array(text.length).keys()]
    .filter((index) => /\S/.test(text.charAt(index)))
    .map((index) => {
      const formats = entities.filter(({ offset, length }) => offset <= index && index < offset + length);
      return `${text.charCodeAt(index)} ${[...new Set(formats.map(({ type }) => type))].sort().join()}`;
    });
}
