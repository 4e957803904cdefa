import { describe, expect, it } from "vitest";
import { Slots } from "../../src/runs/slots.ts";

const { signal } = new AbortController();

describe("Slots", () => {
  it("gives as many places as there are, and a free one to whoever has waited longest", async () => {
    const slots = new Slots(2);
    const events: string[] = [];
    const take = async (name: string) => {
      const slot = await slots.take(signal);
      events.push(name);
      return slot;
    };
    const first = await take("first");
    await take("second");
    const third = take("third");
    const fourth = take("fourth");
    await Promise.resolve();
    expect(events).toEqual(["first", "second"]);
    first[Symbol.dispose]();
    (await third)[Symbol.dispose]();
    (await fourth)[Symbol.dispose]();
    await take("fifth");
    expect(events).toEqual(["first", "second", "third", "fourth", "fifth"]);
  });

  it("is no longer waited for when that is given up, with the reason", async () => {
    const slots = new Slots(1);
    const first = await slots.take(signal);
    const caller = new AbortController();
    const waiting = slots.take(caller.signal);
    caller.abort(new Error("cancelled"));
    await expect(waiting).rejects.toThrow("cancelled");
    await expect(slots.take(caller.signal)).rejects.toThrow("cancelled");
    first[Symbol.dispose]();
    await slots.take(signal);
  });
});
