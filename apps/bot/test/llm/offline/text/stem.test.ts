import { describe, expect, it } from "vitest";
import { stem } from "../../../../src/llm/offline/text/stem.ts";

describe("the stem of a word", () => {
  it.each([
    ["sign", "signs", "signed", "signing"],
    ["compare", "compares", "compared", "comparing"],
    ["stop", "stops", "stopped", "stopping"],
    ["company", "companies"],
    ["try", "tries", "tried", "trying"],
    ["miss", "misses", "missed", "missing"],
    ["lose", "loses", "losing", "lost"],
    ["pay", "pays", "paid", "paying"],
    ["decide", "decides", "decided", "deciding"],
    ["call", "calls", "called", "calling"],
    ["quick", "quickly"],
  ])("is the same for %s and its forms", (word, ...forms) => {
    for (const form of forms) expect(stem(form)).toBe(stem(word));
  });

  it.each([
    ["sign", "signature"],
    ["need", "ned"],
    ["thing", "th"],
    ["bus", "bu"],
    ["loss", "los"],
    ["price", "prize"],
  ])("keeps %s apart from %s", (one, other) => {
    expect(stem(one)).not.toBe(stem(other));
  });
});
