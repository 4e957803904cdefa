import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PreparedStore, prepareStore, runAgainst } from "./prepared-store.ts";
import { LEARN, storedRecords } from "./stored-traces.ts";

let store: PreparedStore;
let tracing: ReturnType<typeof runAgainst>;
let empty: ReturnType<typeof runAgainst>;

const records = storedRecords().map((record) => ({
  ...record,
  agent: record.kind === "agent" ? record.name : null,
}));

beforeAll(async () => {
  store = await prepareStore();
  tracing = runAgainst(await store.database(records), store.dataDir);
  empty = runAgainst(await store.database([]), store.dataDir);
});
afterAll(() => store?.stop());

const tooLong = (text: string, width: number) => text.split("\n").filter((line) => line.length > width);

describe("tracing stats", () => {
  it("shows the whole, then pipelines, agents, models and time", async () => {
    const { exitCode, stdout, stderr } = await tracing(["stats"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^2 runs, 1 failed \(50 %\)\ntook {5}100 ms p50, 4\.00 s p95/);
    expect(stdout).toMatch(/^pipeline +runs +errors +rate +p50 +p95 +p99 +tokens +cost$/m);
    expect(stdout).toMatch(/^learn +1 +1 +100 % +4\.00 s .* 1\.2K\/30 +\$0\.0125$/m);
    expect(stdout).toMatch(/^agent +calls /m);
    expect(stdout).toMatch(/^agent:memory +1 /m);
    expect(stdout).toMatch(/^gpt-4o +1 /m);
    expect(stdout).toMatch(/^day \(UTC\) +runs .*\n2026-11-23 +1 .*\n2026-11-24 +1 /m);
  });

  it("keeps to pipeline, period and bucket", async () => {
    const support = await tracing(["stats", "--pipeline", "support"]);
    expect(support.stdout).toMatch(/^1 run, none failed$/m);
    expect(support.stdout).not.toContain("learn");
    const hours = await tracing(["stats", "--since", "1h", "--bucket", "hour"], { env: { TZ: "UTC" } });
    expect(hours.stdout).toMatch(/^hour +runs .*\n11-24 \d\d:00 +1 /m);
    const nothing = await tracing(["stats", "--since", "1m"]);
    expect(nothing).toEqual({ exitCode: 0, stdout: "", stderr: "Nothing has ended in this period.\n" });
  });

  it.each([30, 50, 72, 100])("fits %i columns, on a terminal and in a pipe", async (columns) => {
    const terminal = await tracing(["stats"], { columns, env: { NO_COLOR: "1" } });
    expect(tooLong(terminal.stdout, columns)).toEqual([]);
    const pipe = await tracing(["stats"], { env: { COLUMNS: String(columns) } });
    expect(pipe.stdout).toBe(terminal.stdout);
    expect(terminal.stdout).toMatch(/^learn +1\b/m);
  });

  it("prints what the repository returns as JSON", async () => {
    const { stdout } = await tracing(["stats", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      count: 2,
      errors: 1,
      percentiles: "exact",
      byPipeline: [{ pipelineName: "learn" }, { pipelineName: "support" }],
      byModel: [{ model: "gpt-4o", costUsd: "0.0125" }],
    });
  });

  it("refuses a bucket, or a period, that cannot be", async () => {
    const bucket = await tracing(["stats", "--bucket", "week"]);
    expect([bucket.exitCode, bucket.stderr]).toEqual([
      2,
      'error: --bucket is "week"; accepted: hour, day.\n',
    ]);
    const period = await tracing(["stats", "--since", "1h", "--until", "2h"]);
    expect([period.exitCode, period.stderr]).toEqual([2, expect.stringContaining("--until is")]);
  });
});

describe("tracing errors", () => {
  it("shows each cause with its count, when it was last seen and where", async () => {
    const { exitCode, stdout, stderr } = await tracing(["errors"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      new RegExp(
        `^count  last seen .*\\n    1  2026-11-24 \\S+  ${LEARN}  learn  TimeoutError: no answer\\n$`,
      ),
    );
  });

  it.each([40, 60, 80])("fits %i columns", async (columns) => {
    const { stdout } = await tracing(["errors"], { columns, env: { NO_COLOR: "1" } });
    expect(tooLong(stdout, columns)).toEqual([]);
    expect(stdout).toContain(LEARN.slice(0, 12));
  });

  it("says that nothing failed, or that there may be more", async () => {
    const none = await tracing(["errors", "--pipeline", "support"]);
    expect(none).toEqual({ exitCode: 0, stdout: "", stderr: "Nothing has failed in this period.\n" });
    const limited = await tracing(["errors", "--limit", "1"]);
    expect(limited.stderr).toBe("There may be more: raise --limit.\n");
    expect(await empty(["errors", "--json"])).toEqual({
      exitCode: 0,
      stdout: '{\n  "errors": []\n}\n',
      stderr: "",
    });
  });

  it("prints groups as JSON", async () => {
    const { stdout } = await tracing(["errors", "--json"]);
    expect(JSON.parse(stdout).errors).toEqual([
      expect.objectContaining({ fingerprint: "00000000000000ff", count: 1, traceId: LEARN }),
    ]);
  });
});
