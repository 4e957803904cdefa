import { describe, expect, it } from "vitest";
import { signalsSchema } from "../../../../src/coaching/task.ts";
import { OFFLINE_NOTICE } from "../../../../src/llm/offline/index.ts";
import { readSignals } from "../../../../src/llm/offline/signals/read-signals.ts";
import { DEALS, HOSTILE } from "../deals.ts";

describe("reading a deal", () => {
  it("finds the stage, what speaks for it and what against it, with quotes", () => {
    const { stage, buyingSignals, risks, unknowns } = readSignals(DEALS.silent);
    expect(stage).toMatch(/^Negotiation \("The CFO, Linda Park, is concerned about price"\)$/);
    expect(buyingSignals).toEqual([
      'They say they like it: "The demo went great"',
      'They have a date: "They want to go live by March 1."',
    ]);
    expect(risks.map((risk) => risk.split(":")[0])).toEqual([
      "The buyer has gone silent",
      "The price is in question, and you do not know yet what it is compared with",
      "A rival is in the deal",
      "The person who signs has not been won yet",
    ]);
    expect(risks[0]).toContain('"My champion Sarah stopped replying last week."');
    expect(unknowns).toContain("Where does the money come from, and is it set aside?");
  });

  it("does not take a champion who is gone for support", () => {
    const { buyingSignals, risks } = readSignals(DEALS.championLeft);
    expect(buyingSignals.join(" ")).not.toContain("Miriam");
    expect(risks[0]).toContain("Your champion is gone");
  });

  it("does not take what is denied for a sign", () => {
    expect(readSignals("There is no champion, and they never agreed to a price.").buyingSignals).toEqual([]);
    expect(readSignals("They have a champion.").buyingSignals).toHaveLength(1);
  });

  it.each([
    ["They ghosted me after the proposal.", "The buyer has gone silent"],
    ["I haven't heard from them in weeks.", "The buyer has gone silent"],
    ["Their security team wants a penetration test.", "A security or legal review"],
    ["Budget frozen until summer.", "The money is not there"],
    ["They extended the pilot again.", "The pilot goes on"],
    ["The engineers want to build it in-house.", "They may build it"],
    ["I only talk to Tim.", "Everything hangs on one contact"],
    ["He said: send me an email.", "You were put off"],
    ["They asked me to come back next quarter.", "The buyer moves it"],
    ["The customer wants to cancel the contract.", "The renewal is in danger"],
    ["They ask for 10% off if they sign today.", "A last discount"],
  ])("sees the risk in: %s", (deal, risk) => {
    expect(readSignals(deal).risks[0]).toContain(risk);
  });

  it("says what it cannot know, and who read it", () => {
    const { stage, buyingSignals, risks, unknowns } = readSignals("Help");
    expect(stage).toBe("Not clear from the description");
    expect([...buyingSignals, ...risks]).toEqual([]);
    expect(unknowns.length).toBeGreaterThan(4);
    expect(unknowns.at(-1)).toBe(OFFLINE_NOTICE);
  });

  it("fits the schema, whatever the text", () => {
    for (const deal of [...HOSTILE, ...Object.values(DEALS)]) {
      const signals = readSignals(deal);
      expect(() => signalsSchema.parse(JSON.parse(JSON.stringify(signals)))).not.toThrow();
      expect(readSignals(deal)).toEqual(signals);
    }
  });
});
