import { describe, expect, it } from "vitest";
import { findWording } from "../../../../src/llm/offline/assess/evidence.ts";
import { toSentences } from "../../../../src/llm/offline/text/words.ts";

const holds = (text: string, wording: string) => findWording(toSentences(text), wording) !== undefined;

describe("a wording", () => {
  it.each([
    ["Who signs the contract?", "signs contract", "words of grammar between"],
    ["The contract has to be SIGNED.", "sign contract", "another order, case and inflection"],
    ["What does it really cost you?", "what cost", "a gap of a few words"],
    ["Your signature is missing.", "sign*", "the beginning of a word"],
    ["It costs $18,000 a year.", "<money> a year", "an amount of money"],
    ["It takes 3 days.", "<number> days", "a number in digits"],
    ["It takes three days.", "<number> days", "a number in words"],
    ["About 40% are late.", "<percent>", "a share"],
    ["Let's talk on Thursday.", "<date>", "a day"],
    ["Shall we talk at 10:30?", "<date> <question>", "a time in a question"],
    ["They spend 18k.", "18,000", "a short form of a number"],
    ["That’s why we don’t know.", "do not know", "a contraction with a typographic apostrophe"],
    ["If you like, we start.", "if you", "words of grammar only"],
    ["They need the analyses.", "analysis", "an irregular plural"],
  ])("is found in %j as %j: %s", (text, wording) => {
    expect(holds(text, wording)).toBe(true);
  });

  it.each([
    ["Who decides? The contract is signed.", "who signs", "words of two sentences"],
    ["When does he sign?", "who signs", "another question word"],
    ["I design a contract.", "sign*", "the middle of a word"],
    ["They sign.", "<question> sign", "no question"],
    [
      "Sign here if you want to have the whole long list of our further terms in the contract.",
      "sign contract",
      "too wide a gap",
    ],
    ["We may march on.", "<date>", "words that are months only as names"],
    ["It costs a lot.", "<money>", "no amount"],
    ["days", "<number> days", "a part of it"],
  ])("is not found in %j as %j: %s", (text, wording) => {
    expect(holds(text, wording)).toBe(false);
  });
});
