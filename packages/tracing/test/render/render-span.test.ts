import { describe, expect, it } from "vitest";
import { renderSpan } from "../../src/render/index.ts";
import { sampleSpan } from "./sample-traces.ts";

describe("a whole span", () => {
  it("shows everything that is known of it, uncut", () => {
    const span = sampleSpan("llm:openrouter", [0, 1_500], {
      spanId: "b7ad6b7169203331",
      parentSpanId: "00f067aa0ba902b7",
      kind: "llm",
      status: "error",
      provider: "openrouter",
      model: "gpt-4o",
      inputTokens: 1_200,
      costUsd: "0.01",
      input: { messages: [{ role: "user", content: "line one\nline two" }] },
      output: "a\nb",
      attributes: { "http.status": 500, note: "x\u001b[2J" },
      events: [{ name: "exception", time: "2026-11-24T09:00:01Z", attributes: {} }],
      error: { type: "HttpError", message: "500", stack: "HttpError: 500\n    at call (x.ts:1:1)" },
    });
    expect(renderSpan(span, { timeZone: "UTC" })).toBe(
      [
        "llm:openrouter  error  1.50 s",
        "span      b7ad6b7169203331",
        "parent    00f067aa0ba902b7",
        "kind      llm",
        "started   2026-11-24 09:00:00",
        "provider  openrouter",
        "model     gpt-4o",
        "tokens    1,200 in, – out",
        "cost      $0.01",
        "",
        "error",
        "  HttpError: 500",
        "      at call (x.ts:1:1)",
        "",
        "input",
        "  {",
        '    "messages": [',
        "      {",
        '        "role": "user",',
        '        "content": "line one\\nline two"',
        "      }",
        "    ]",
        "  }",
        "",
        "output",
        "  a",
        "  b",
        "",
        "attributes",
        "  http.status = 500",
        "  note = x␛[2J",
        "",
        "events",
        "  [",
        "    {",
        '      "name": "exception",',
        '      "time": "2026-11-24T09:00:01Z",',
        '      "attributes": {}',
        "    }",
        "  ]",
      ].join("\n"),
    );
  });

  it("leaves out sections that are empty", () => {
    expect(renderSpan(sampleSpan("step", [0, 1]), { timeZone: "UTC" })).not.toContain("\n\n");
  });
});
