import { describe, expect, it } from "vitest";
import { addDraft, type Draft, newSession } from "../../src/handlers/session.ts";

function draft(id: string, saved = false): Draft {
  const strategy = { analysis: "a", strategy: "s", tactics: ["t"], draftMessage: "m" };
  return {
    id,
    deal: "A deal",
    signals: { stage: "offer", buyingSignals: [], risks: [], unknowns: [] },
    strategy,
    saved,
  };
}

describe("drafts of a session", () => {
  it("keeps what was saved while new ones replace each other", () => {
    const session = newSession();
    addDraft(session, draft("kept", true));
    for (let n = 1; n <= 12; n += 1) addDraft(session, draft(`d${n}`));
    const ids = session.drafts.map(({ id }) => id);
    expect(ids).toHaveLength(11);
    expect(ids[0]).toBe("d12");
    expect(ids).toContain("kept");
    expect(ids).not.toContain("d2");
  });
});
