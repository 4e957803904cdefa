import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TraceContext } from "../../src/core/trace-context.ts";
import { tracedSpan } from "../../src/core/traced-span.ts";
import { installTestRuntime, type TestRuntime } from "../support/private-runtime.ts";

let runtime: TestRuntime;

beforeEach(() => {
  runtime = installTestRuntime();
});

afterEach(() => {
  runtime.undo();
});

const secrets = {
  password: 12345,
  apiKey: ["a", "b"],
  "x-api-key": [1, 2],
  pin: 7,
  "max.tokens": 9,
  auth: true,
};
const cleaned = {
  password: "[redacted]",
  apiKey: "[redacted]",
  "x-api-key": "[redacted]",
  pin: 7,
  "max.tokens": 9,
  auth: true,
};

describe("what stands under a secret's name is replaced, of whatever type it is,", () => {
  it("in an attribute set on a run", () => {
    TraceContext.run({ pipelineName: "p" }, (run) => {
      for (const [name, value] of Object.entries(secrets)) run.setAttribute(name, value);
    });
    expect(runtime.span("p").attributes).toMatchObject(cleaned);
  });

  it("in the attributes of a traced function", () => {
    const step = tracedSpan("s", { root: true, attributes: secrets });
    step(() => undefined)();
    expect(runtime.span("s").attributes).toMatchObject(cleaned);
  });
});

it("a text in an attribute is redacted and bounded, alone and in an array", () => {
  const key = `sk-${"a1B2".repeat(10)}`;
  TraceContext.run({ pipelineName: "p" }, (run) => {
    run.setAttribute("url", `https://host/?api_key=${key}`);
    run.setAttribute("list", [key, "fine"]);
    run.setAttribute("long", "x".repeat(1_000_000));
  });
  const { url, list, long } = runtime.span("p").attributes;
  expect(url).not.toContain("a1B2a1B2");
  expect(list).toEqual(["[redacted]", "fine"]);
  expect(Buffer.byteLength(String(long))).toBeLessThanOrEqual(50_000);
});
