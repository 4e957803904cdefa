import { expect, it } from "vitest";
import { shrinkRecord } from "../../src/collector/shrink-record.ts";
import { peekRecord } from "../../src/record/peek.ts";
import { sampleRecord } from "../support/sample-record.ts";

it("a record that is too large loses its content once, says so, and stays the same span", () => {
  const record = sampleRecord({
    input: '"what was asked"',
    output: '"what was said"',
    attributes: '{"a":1}',
    events: "[]",
    links: "[]",
    metadata: "{}",
    error_type: "RangeError",
    error_stack: "RangeError: at",
    input_tokens: 3,
    cost_usd: "0.1",
  });
  const shrunk = shrinkRecord(JSON.stringify(record)) ?? "";
  const { input, output, attributes, events, links, metadata, error_stack, ...kept } = record;
  expect(JSON.parse(shrunk)).toEqual({
    ...kept,
    input: null,
    output: '"[left out: the backend refused the record for its size]"',
    attributes: null,
    events: null,
    links: null,
    metadata: null,
    error_stack: null,
  });
  expect(peekRecord(shrunk)).toEqual(peekRecord(JSON.stringify(record)));
  expect(shrinkRecord(shrunk)).toBeUndefined();
});
