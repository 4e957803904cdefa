import { describe, expect, it } from "vitest";
import { type Entry, FloodGate } from "../../src/telegram/flood-gate.ts";

function leave(entry: Entry | undefined): void {
  if (entry?.kind === "in") entry[Symbol.dispose]();
}

describe("FloodGate", () => {
  it("lets as many updates of a chat in as are allowed at a time, and others of other chats", () => {
    const gate = new FloodGate({ maxPerChat: 2 });
    expect([7, 7, 7, 8].map((chatId) => gate.enter(chatId).kind)).toEqual(["in", "in", "left-out", "in"]);
    expect(gate.leftOut).toBe(1);
  });

  it("lets the next one in when one has left", () => {
    const gate = new FloodGate({ maxPerChat: 1 });
    const first = gate.enter(7);
    expect(gate.enter(7).kind).toBe("left-out");
    leave(first);
    expect(gate.enter(7).kind).toBe("in");
  });

  it("tells the first that is left out from the others, until the chat was quiet", () => {
    const gate = new FloodGate({ maxPerChat: 2 });
    const inside = [gate.enter(7), gate.enter(7)];
    expect(gate.enter(7)).toEqual({ kind: "left-out", isFirst: true });
    expect(gate.enter(7)).toEqual({ kind: "left-out", isFirst: false });
    leave(inside[0]);
    const third = gate.enter(7);
    expect(gate.enter(7)).toEqual({ kind: "left-out", isFirst: false });
    leave(inside[1]);
    leave(third);
    const anew = [gate.enter(7), gate.enter(7)];
    expect(gate.enter(7)).toEqual({ kind: "left-out", isFirst: true });
    for (const entry of anew) leave(entry);
  });

  it("keeps a few places for what is urgent, and no more", () => {
    const gate = new FloodGate({ maxPerChat: 1, maxUrgentPerChat: 1 });
    gate.enter(7);
    expect(gate.enter(7).kind).toBe("left-out");
    expect(gate.enter(7, { urgent: true }).kind).toBe("in");
    expect(gate.enter(7, { urgent: true }).kind).toBe("left-out");
  });
});
