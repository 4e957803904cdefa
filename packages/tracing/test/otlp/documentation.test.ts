import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { startReceiver } from "./receiver.ts";

const document = readFileSync(new URL("../../../../docs/otlp.md", import.meta.url), "utf8");
const examples = [...document.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, program = ""]) => program);

it.each([
  ["startTracing", 0, "learn", "delivered: 1"],
  ["a set-up of one's own", 1, "checkout", ""],
])("docs/otlp.md: the example of %s runs", async (_, index, span, said) => {
  const dir = mkdtempSync(join(tmpdir(), "tracing-example-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const receiver = await startReceiver();
  writeFileSync(join(dir, "example.mts"), examples[index] ?? "");
  const runner = fileURLToPath(new URL("children/example.ts", import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [runner, join(dir, "example.mts")], {
    cwd: dir,
    env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint },
  });
  expect(receiver.spans.map(({ name }) => name)).toEqual([span]);
  expect(stdout).toContain(said);
  expect(stderr).toBe("");
});
