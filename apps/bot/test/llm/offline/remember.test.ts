import { describe, expect, it } from "vitest";
import { notesSchema } from "../../../src/coaching/task.ts";
import { OFFLINE_NOTICE } from "../../../src/llm/offline/index.ts";
import { remember } from "../../../src/llm/offline/remember.ts";
import { HOSTILE } from "./deals.ts";

const EVENT = [
  "exercise: Late invoices at Norden Logistics",
  "answer: I would ask about the cost.",
  "score: 100",
  "score: 62",
  'strengths: Builds the sum with his figures: "Eight percent is 150 invoices."',
  `improvements: Asks what happens if it stays: not in your answer yet.; ${OFFLINE_NOTICE}`,
].join("\n");

describe("remembering", () => {
  it("puts what has happened first, in a line, without the answer itself", () => {
    expect(remember(["Works in logistics."], EVENT).notes).toEqual([
      'Scored 62 in "Late invoices at Norden Logistics"; did well: Builds the sum with his figures; to practise: Asks what happens if it stays.',
      "Works in logistics.",
    ]);
  });

  it("keeps the deal and its main risk", () => {
    const { notes } = remember(
      [],
      'deal: Acme wants 20% off.\nstage: Negotiation\nrisks: The price is in question: "20% off"\nadvice: Hold.',
    );
    expect(notes).toEqual([
      'Works on a deal: Acme wants 20% off. Main risk: The price is in question: "20% off"',
    ]);
  });

  it("keeps an event that is plain text", () => {
    expect(remember([], "Prefers short answers.").notes).toEqual(["Prefers short answers."]);
  });

  it("says nothing twice", () => {
    const once = remember([], EVENT).notes;
    expect(remember(once, EVENT).notes).toEqual(once);
    expect(
      remember(["Prefers short answers!", "prefers short answers"], "Prefers short answers.").notes,
    ).toHaveLength(1);
  });

  it("keeps eight, the newest first", () => {
    const old = ["apples", "pears", "plums", "grapes", "figs", "dates", "limes", "lemons", "kiwis"].map(
      (word) => `Sells ${word}.`,
    );
    const { notes } = remember(old, "Sells cherries.");
    expect(notes).toEqual(["Sells cherries.", ...old.slice(0, 7)]);
  });

  it("fits the schema, whatever the text", () => {
    for (const text of [
      ...HOSTILE,
      "{",
      '{"a":{"b":[1,{"c":null}]}}',
      "score: {\nscore: [",
      "__proto__: 1\nconstructor: 2",
    ]) {
      expect(() => notesSchema.parse(remember([text, text], text))).not.toThrow();
    }
  });
});
