import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { beforeEach, expect, it } from "vitest";
import { runChild } from "./run-child.ts";

const document = readFileSync(new URL("../../../../docs/streaming.md", import.meta.url), "utf8");
const [, program = ""] = /```typescript\n([\s\S]*?)```/.exec(document) ?? [];
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

let dir: string;
beforeEach(() => {
  const results = here("../../.test-results/");
  mkdirSync(results, { recursive: true });
  dir = mkdtempSync(join(results, "streaming-"));
  writeFileSync(join(dir, "ask.mts"), program);
  return () => rmSync(dir, { recursive: true, force: true });
});

it("docs/streaming.md: the example with the AI SDK compiles", () => {
  const checked = ts.createProgram([join(dir, "ask.mts")], {
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2024.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleDetection: ts.ModuleDetectionKind.Force,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    types: ["node"],
    paths: {
      "@app/tracing": [here("../../src/index.ts")],
      ai: [here("../../../../apps/bot/node_modules/ai/dist/index.d.ts")],
    },
  });
  const complaints = ts
    .getPreEmitDiagnostics(checked)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
  expect(complaints).toEqual([]);
}, 60_000);

it("docs/streaming.md: the example with the AI SDK tells how an answer ended", async () => {
  const spans = JSON.parse(await runChild("ai-sdk", [join(dir, "ask.mts")]));
  const ended = (outcome: string) => expect.objectContaining({ "tracing.stream.outcome": outcome });
  expect(spans).toMatchObject([
    {
      ...{ status: "ok", input: "Hi", output: "Hello", model: "small-1", inputTokens: 12, outputTokens: 5 },
      attributes: ended("consumed"),
    },
    { status: "error", error: { type: "RangeError", message: "overloaded" }, attributes: ended("failed") },
    { status: "error", output: "Hel", error: { type: "AbortError" }, attributes: ended("aborted") },
    { status: "ok", output: "Hel", inputTokens: null, attributes: ended("stopped") },
  ]);
}, 60_000);
