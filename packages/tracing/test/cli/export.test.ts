import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../src/open-store.ts";
import { startTracing } from "../../src/start-tracing.ts";
import type { TraceDetail } from "../../src/store/trace-repo.ts";
import { startReceiver } from "../otlp/receiver.ts";
import { type PreparedStore, prepareStore, runAgainst } from "./prepared-store.ts";
import { LEARN, RUNNING, storedRecords } from "./stored-traces.ts";

let store: PreparedStore;
let url: string;
let directory: string;
let tracing: ReturnType<typeof runAgainst>;

beforeAll(async () => {
  store = await prepareStore();
  url = await store.database(storedRecords());
  directory = mkdtempSync(join(tmpdir(), "tracing-export-"));
  tracing = runAgainst(url, store.dataDir);
});
afterAll(async () => {
  await store?.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe("tracing export", () => {
  it("writes a trace as JSON, the same as the repository returns", async () => {
    const { exitCode, stdout, stderr } = await tracing(["export", LEARN]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const opened = await openStore({ databaseUrl: url }, {});
    expect(JSON.parse(stdout)).toEqual(await opened.repo.getTrace(LEARN));
    await opened.close();
  });

  it("writes OTLP that a receiver takes, with all that the service itself would send", async () => {
    const receiver = await startReceiver();
    const tracer = await startTracing({
      serviceName: "exporting",
      databaseUrl: url,
      dataDir: join(directory, "data"),
      otlp: { url: receiver.url },
      logger: { info: () => undefined, warn: () => undefined },
    });
    const { recordGeneration, TraceContext, tracedSpan } = await import("../../src/index.ts");
    const complete = tracedSpan("llm:offline", { kind: "llm" })(async (prompt: string) => {
      recordGeneration({
        provider: "offline",
        model: "m-1",
        inputMessages: [{ role: "user", content: prompt }],
        usage: { inputTokens: 3, outputTokens: 4 },
        costUsd: "0.25",
      });
      return "an answer";
    });
    const fail = tracedSpan("tool:broken", { kind: "tool" })(() => {
      throw new TypeError("no such tool");
    });
    const run = { pipelineName: "export", userId: 7, telegramId: 42, tags: ["t"], metadata: { a: 1 } };
    const traceId = await TraceContext.run(run, async (trace) => {
      trace.setInput({ text: "in" });
      trace.score("quality", 0.5, "so so");
      await complete("a question");
      expect(fail).toThrow("no such tool");
      trace.setOutput("out");
      return trace.traceId;
    });
    await tracer.forceFlush();
    await tracer.shutdown();
    const sent = [...receiver.spans];

    const { exitCode, stdout, stderr } = await tracing(["export", traceId, "--format", "otlp"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const answer = await fetch(receiver.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: stdout,
    });
    expect(answer.status).toBe(200);
    const exported = receiver.spans.slice(sent.length);
    const byId = <T extends { spanId: string }>(spans: readonly T[]) =>
      spans.toSorted((a, b) => (a.spanId < b.spanId ? -1 : 1));
    expect(exported).toHaveLength(3);
    expect(byId(exported)).toEqual(byId(sent));
  });

  it("leaves out what has not ended, and says so", async () => {
    const { exitCode, stdout, stderr } = await tracing(["export", RUNNING, "--format", "otlp"]);
    expect([exitCode, stderr]).toEqual([0, "1 span left out: not ended yet.\n"]);
    expect(JSON.parse(stdout).resourceSpans).toEqual([]);
  });

  it("writes to a file that only its owner can read", async () => {
    const setting = { directory };
    const { stdout } = await tracing(["export", LEARN.slice(0, 12), "--output", "t.json"], setting);
    const path = join(directory, "t.json");
    expect(stdout).toBe(`Wrote 4 spans, ${stdout.split(", ")[1]}, to ${path}.\n`);
    expect((JSON.parse(readFileSync(path, "utf8")) as TraceDetail).traceId).toBe(LEARN);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const argv = ["export", LEARN, "--format", "otlp", "--output", "t.otlp", "--json"];
    expect(JSON.parse((await tracing(argv, setting)).stdout)).toEqual({
      traceId: LEARN,
      format: "otlp",
      output: join(directory, "t.otlp"),
      spans: 4,
      bytes: statSync(join(directory, "t.otlp")).size,
    });
  });

  it("says what is wrong with trace, format or file", async () => {
    const absent = await tracing(["export", "d".repeat(32)]);
    expect([absent.exitCode, absent.stderr]).toEqual([1, expect.stringContaining("There is no trace")]);
    const format = await tracing(["export", LEARN, "--format", "csv"]);
    expect([format.exitCode, format.stderr]).toEqual([
      2,
      'error: --format is "csv"; accepted: json, otlp.\n',
    ]);
    const file = await tracing(["export", LEARN, "--output", "absent/t.json"], { directory });
    expect([file.exitCode, file.stderr]).toEqual([
      2,
      'error: --output is "absent/t.json"; accepted: a file that can be written, which this cannot (ENOENT).\n',
    ]);
  });
});
