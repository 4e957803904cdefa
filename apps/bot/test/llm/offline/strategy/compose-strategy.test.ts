import { describe, expect, it } from "vitest";
import type { Play } from "../../../../src/coaching/exercise.ts";
import { type Strategy, strategySchema, WISHES, type Wish } from "../../../../src/coaching/task.ts";
import { OFFLINE_NOTICE } from "../../../../src/llm/offline/index.ts";
import { readSignals } from "../../../../src/llm/offline/signals/read-signals.ts";
import { composeStrategy } from "../../../../src/llm/offline/strategy/compose-strategy.ts";
import { CONTENT } from "../content-under-test.ts";
import { DEALS, HOSTILE } from "../deals.ts";

const compose = (
  deal: string,
  revision?: { previous: Strategy; wish: Wish },
  plays: Play[] = CONTENT.plays,
) => composeStrategy({ kind: "strategy", deal, signals: readSignals(deal), plays, notes: [], revision });

describe("a strategy", () => {
  it("writes a message that names the buyer and the facts of the deal", () => {
    const { draftMessage } = compose(DEALS.procurement);
    expect(draftMessage).toMatch(/^Hello Tomas,\n\n/);
    expect(draftMessage).toContain("60k EUR a year");
    expect(draftMessage).toContain("Late invoices cost you about 6,000 euros a month");
    expect(draftMessage).toContain("?");
  });

  it("writes to the champion who is silent, and to the successor of one who left", () => {
    expect(compose(DEALS.silent).draftMessage).toMatch(/^Hello Sarah,/);
    const { draftMessage } = compose(DEALS.championLeft);
    expect(draftMessage).toMatch(/^Hello Stefan,/);
    expect(draftMessage).not.toContain("Miriam");
  });

  it("leaves nothing for the rep to fill in", () => {
    for (const deal of Object.values(DEALS)) {
      const { draftMessage } = compose(deal);
      expect(draftMessage).not.toMatch(/[[\]{}<>]|undefined|null|\bXX/);
      expect(draftMessage.length).toBeGreaterThan(120);
    }
  });

  it("takes its tactics from the play that fits", () => {
    const moves = CONTENT.plays.find(({ id }) => id === "ghosted")?.moves ?? [];
    const { tactics, strategy } = compose(DEALS.silent);
    expect(tactics).toEqual(expect.arrayContaining(moves));
    expect(strategy).toContain("Write so that silence ends");
    expect(strategy).toContain("$45k");
  });

  it("takes plays it has never seen by the words they share with the deal", () => {
    const plays = [
      { id: "a", title: "Gardening", when: "Roses and tulips.", moves: ["Water them."] },
      {
        id: "b",
        title: "Late invoices",
        when: "Invoices go out late at Brightwater.",
        moves: ["Count them."],
      },
    ];
    expect(compose(DEALS.procurement, undefined, plays).strategy).toContain("Late invoices");
  });

  it("says in the analysis who wrote it, what the stage is and what the rep should remember", () => {
    const signals = readSignals(DEALS.silent);
    const { analysis } = composeStrategy({
      kind: "strategy",
      deal: DEALS.silent,
      signals,
      plays: CONTENT.plays,
      notes: ["Works on a deal: Umbrella Foods, a rival.", "Tends to offer discounts too early."],
    });
    expect(analysis).toContain(signals.stage);
    expect(analysis).toContain("Tends to offer discounts too early.");
    expect(analysis).not.toContain("Umbrella");
    expect(analysis.split(OFFLINE_NOTICE)).toHaveLength(2);
  });
});

describe.each(Object.entries(DEALS))("a strategy written again, for the deal %s", (_name, deal) => {
  const first = compose(deal);

  it("is really shorter when that is wished, each time", () => {
    const second = compose(deal, { previous: first, wish: "shorter" });
    expect(second.draftMessage.length).toBeLessThan(first.draftMessage.length * 0.6);
    expect(second.analysis.length).toBeLessThan(first.analysis.length);
    expect(second.strategy.length).toBeLessThan(first.strategy.length);
    expect(second.tactics.length).toBeLessThan(first.tactics.length);
    expect(second.draftMessage).toContain("?");
    const third = compose(deal, { previous: second, wish: "shorter" });
    expect(third.draftMessage.length).toBeLessThan(second.draftMessage.length * 0.6);
    expect(second.analysis).toContain(OFFLINE_NOTICE);
  });

  it("asks for a decision by a day when it is to be more aggressive, in other words each time", () => {
    const firm = compose(deal, { previous: first, wish: "more_aggressive" });
    expect(firm.draftMessage).not.toBe(first.draftMessage);
    expect(firm.draftMessage).toMatch(/by (?:[\w ]+day|Friday at noon)/);
    expect(firm.draftMessage).toMatch(/decide|decision|sign|yes|no\b/i);
    expect(firm.strategy).toContain("a decision, not another talk");
    const firmer = compose(deal, { previous: firm, wish: "more_aggressive" });
    expect(firmer.draftMessage).not.toBe(firm.draftMessage);
    expect(compose(deal, { previous: firm, wish: "shorter" }).draftMessage.length).toBeLessThan(
      firm.draftMessage.length * 0.6,
    );
  });

  it("is another one when it is asked for again", () => {
    const second = compose(deal, { previous: first, wish: "regenerate" });
    const third = compose(deal, { previous: second, wish: "regenerate" });
    expect(new Set([first, second, third].map(({ draftMessage }) => draftMessage)).size).toBe(3);
    expect(second.strategy).not.toBe(first.strategy);
    expect(second.tactics).not.toEqual(first.tactics);
    const firm = compose(deal, { previous: first, wish: "more_aggressive" });
    const again = compose(deal, { previous: firm, wish: "regenerate" });
    expect(again.draftMessage).not.toBe(firm.draftMessage);
  });

  it("does without plays", () => {
    for (const wish of WISHES) {
      const revised = compose(deal, { previous: first, wish }, []);
      expect(revised.draftMessage).not.toBe(first.draftMessage);
      expect(revised.tactics.length).toBeGreaterThanOrEqual(3);
    }
  });
});

describe("a strategy for any text", () => {
  it("fits the schema, with every wish, and is the same for the same deal", () => {
    const odd: Strategy = { analysis: "a", strategy: "s", tactics: ["t"], draftMessage: "?" };
    for (const deal of [...HOSTILE, ...Object.values(DEALS)]) {
      for (const plays of [CONTENT.plays, []]) {
        const first = compose(deal, undefined, plays);
        const all = [
          first,
          ...WISHES.flatMap((wish) =>
            [first, odd].map((previous) => compose(deal, { previous, wish }, plays)),
          ),
        ];
        for (const strategy of all)
          expect(() => strategySchema.parse(JSON.parse(JSON.stringify(strategy)))).not.toThrow();
        expect(compose(deal, undefined, plays)).toEqual(first);
      }
    }
  });
});
