import assert from "node:assert/strict";
import type { PostgresServer } from "../support/postgres-server.ts";
import { seededRandom } from "../support/random.ts";
import type { Fault } from "./fault.ts";
import type { Tally } from "./judge.ts";
import { Scene } from "./scene.ts";

/** A row of the report: a fault, how often it was caused, and what became of the spans. */
export interface Row extends Tally {
  fault: string;
  trials: number;
}

export interface Performance {
  row: Row;
  seconds: number;
  /** What did not hold; undefined when all did. */
  failure: Error | undefined;
}

export interface PerformOptions {
  postgres: PostgresServer;
  size: "quick" | "full";
  seed: number;
}

/** Causes a fault, and says what became of it. */
export async function perform(fault: Fault, { postgres, size, seed }: PerformOptions): Promise<Performance> {
  const began = performance.now();
  const scene = new Scene({
    postgres,
    trials: fault.trials[size],
    full: size === "full",
    random: seededRandom(seed),
  });
  const failures: unknown[] = [];
  const attempt = async (step: () => unknown) => {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  };
  await attempt(() => fault.run(scene));
  await attempt(() => scene[Symbol.asyncDispose]());
  const row = { fault: fault.name, trials: scene.judged, ...scene.tally };
  if (failures.length === 0) await attempt(() => requireNothingLost(row, scene.trials));
  const [failure] = failures;
  return {
    row,
    seconds: (performance.now() - began) / 1_000,
    failure: failure === undefined || failure instanceof Error ? failure : new Error(String(failure)),
  };
}

function requireNothingLost(row: Row, trials: number): void {
  assert.ok(row.trials >= trials, `${row.trials} of ${trials} trials were judged`);
  assert.ok(row.ended > 0, "no span ended");
  assert.equal(row.duplicates, 0, "spans are stored more than once");
  assert.equal(
    row.lost,
    0,
    row.lost > 0 ? "spans are lost" : "more spans are counted as given up than are missing",
  );
}
