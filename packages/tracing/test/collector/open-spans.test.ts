import { expect, it } from "vitest";
import { OpenSpans } from "../../src/collector/open-spans.ts";

const span = (id: number) => ({ spanContext: () => ({ spanId: id.toString(16).padStart(16, "0") }) });

it("what has started and not ended comes out oldest first, once", () => {
  const open = new OpenSpans<ReturnType<typeof span>>();
  const spans = [1, 2, 3].map(span);
  for (const one of spans) open.add(one);
  open.remove(spans[1] ?? span(0));
  open.remove(span(99));
  expect(open.drain()).toEqual([spans[0], spans[2]]);
  expect(open.drain()).toEqual([]);
});

it("more of them than are ever swept at once are all known as long as somebody holds them", () => {
  const open = new OpenSpans<ReturnType<typeof span>>();
  const spans = Array.from({ length: 5_000 }, (_, id) => span(id));
  for (const one of spans) open.add(one);
  expect(open.drain()).toEqual(spans);
});
