import { describe, expect, it } from "vitest";
import { HangMemory } from "../../src/storage/hang-memory.ts";

const FOR_EVER_MS = 3_600_000;

/** One call of two that are under way at the same time has hung. */
function afterOneOfTwo() {
  const hangs = new HangMemory(FOR_EVER_MS);
  const [slow, other] = [hangs.begin(), hangs.begin()];
  if (!slow || !other) throw new Error("Nothing has hung yet.");
  slow.hung = true;
  hangs.end(slow);
  return { hangs, other };
}

describe("after a call has hung", () => {
  it("no other is begun", () => {
    expect(afterOneOfTwo().hangs.begin()).toBe(undefined);
  });

  it("one that was under way and is answered shows that the database does not hang", () => {
    const { hangs, other } = afterOneOfTwo();
    hangs.end(other);
    expect(hangs.begin()).toEqual({ hung: false });
  });

  it("one that was under way and hangs as well changes nothing", () => {
    const { hangs, other } = afterOneOfTwo();
    other.hung = true;
    hangs.end(other);
    expect(hangs.begin()).toBe(undefined);
  });
});
