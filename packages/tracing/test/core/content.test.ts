import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recordGeneration } from "../../src/core/generation.ts";
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

it("a list in an attribute is read no further than it is kept, and says how long it was", () => {
  const endless = new Array<string>(2 ** 32 - 1);
  TraceContext.run({ pipelineName: "p", tags: endless }, (run) => {
    run.setAttribute("endless", endless);
    run.setAttribute(
      "large",
      Array.from({ length: 1_000 }, () => "x".repeat(1_000_000)),
    );
    recordGeneration({ provider: "local", model: "small", finishReasons: endless });
  });
  const { endless: kept, large, ...rest } = runtime.span("p").attributes;
  expect(rest).toMatchObject({ "endless.truncated": 2 ** 32 - 1, "large.truncated": 1_000 });
  expect((kept as string[]).length).toBeLessThan(10_000);
  expect(Buffer.byteLength(String(large))).toBeLessThanOrEqual(100_000);
});
