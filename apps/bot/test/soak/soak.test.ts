import { randomInt } from "node:crypto";
import { expect, it } from "vitest";
import { toText } from "./report.ts";
import { runSoak } from "./run-soak.ts";

/** Repeats the choices of an earlier run. */
const SEED = Number(process.env.TRACING_TEST_SEED ?? randomInt(2 ** 31));

it("answers each user once and keeps nothing, through an outage and a restart", {
  timeout: 600_000,
}, async () => {
  const report = await runSoak({ users: 8, seconds: 20, seed: SEED, sampleMs: 2_000 });
  expect(report.passed, toText(report)).toBe(true);
});
