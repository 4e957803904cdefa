import { sampleModelCall, sampleRecord } from "@app/tracing/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AdminWorld } from "./admin-world.ts";

let world: AdminWorld;
const failed = "a1b2c3d4".repeat(4);

beforeAll(async () => {
  world = await AdminWorld.start();
});
afterAll(() => world.stop());

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

function failure(trace_id: string, start: string, fingerprint: string) {
  const root = sampleRecord({ trace_id, start, status: "error", pipeline: "train" });
  const error = {
    status: "error" as const,
    error_type: "ModelError",
    error_message: `429: busy (${fingerprint})`,
    fingerprint,
  };
  return [root, sampleModelCall(root, error)];
}

describe("with nothing stored", () => {
  it("/admin errors, stats and traces say that there is nothing", async () => {
    expect((await world.send("/admin errors")).text).toBe("Errors of the last 7 days\n\nNone.");
    expect((await world.send("/admin stats")).text).toBe(
      "Today (UTC)\nNo run has ended.\n\nLast 7 days\nNo run has ended.",
    );
    expect((await world.send("/admin traces")).text).toBe("Last runs\nThere is no run yet.");
    expect((await world.send("/admin trace latest")).text).toBe("There is no trace yet.");
  });
});

describe("with runs of the last days", () => {
  beforeAll(async () => {
    const fine = (start: string, pipeline: string) => {
      const root = sampleRecord({ start, pipeline });
      return [root, sampleModelCall(root)];
    };
    await world.tracing.repo.ingest([
      ...fine(ago(1_000), "learn"),
      ...fine(ago(2 * DAY), "learn"),
      ...fine(ago(2 * DAY), "learn"),
      ...fine(ago(8 * DAY), "support"),
      ...failure("1".repeat(32), ago(2 * DAY), "busy"),
      ...failure(failed, ago(1.5 * DAY), "busy"),
      ...failure("2".repeat(32), ago(8 * DAY), "long ago"),
    ]);
  });

  it("/admin errors shows failures of one cause together, with the latest example", async () => {
    const { text, buttons } = await world.send("/admin errors");
    expect(text).toMatch(/1\. .+ {2}\d×, last \d d ago\n/);
    expect(text).toContain("llm:local  2×, last 1 d ago\nModelError: 429: busy (busy)");
    expect(text).not.toContain("long ago");
    const example = [...buttons.keys()].find((label) => label.endsWith("a1b2c3d4"));
    const trace = await world.press(await world.send("/admin errors"), example ?? "");
    expect(trace.text).toContain(failed);
  });

  it("/admin stats shows each pipeline today and in the last days", async () => {
    const { text } = await world.send("/admin stats");
    const [today = "", week = ""] = text.split("\n\n");
    expect(today.split("\n")).toEqual([
      "Today (UTC)",
      "pipeline      runs  err    p50    p95",
      "learn            1   0% 1.50 s 1.50 s",
      "  10/2 tokens  $0.001",
    ]);
    expect(week.split("\n")).toEqual([
      "Last 7 days",
      "pipeline      runs  err    p50    p95",
      "learn            3   0% 1.50 s 1.50 s",
      "  30/6 tokens  $0.003",
      "train            2 100% 1.50 s 1.50 s",
      "  20/4 tokens  $0.002",
      "all              5  40% 1.50 s 1.50 s",
      "  50/10 tokens  $0.005",
    ]);
  });

  it("/admin errors leaves causes out beyond what fits, and says so", async () => {
    const many = Array.from({ length: 12 }, (_, index) =>
      failure(index.toString(16).repeat(32), ago((index + 1) * MINUTE), `cause ${index}`),
    );
    await world.tracing.repo.ingest(many.flat());
    const { text, buttons } = await world.send("/admin errors");
    expect([...buttons.keys()].filter((label) => /^\d/.test(label))).toHaveLength(8);
    expect(text).toContain("Older ones are left out.");
  });
});
