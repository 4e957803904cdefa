import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import type { Fault } from "./fault.ts";
import { perform } from "./perform.ts";

/** Repeats the random choices of an earlier run. */
const SEED = Number(process.env.TRACING_TEST_SEED ?? randomInt(2 ** 32));

/** A test for each fault, which causes it a few times. */
export function surviveQuickly(faults: readonly Fault[]): void {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());

  it.each(faults)("survives $name", { timeout: 120_000 }, async (fault) => {
    const { row, failure } = await perform(fault, { postgres, size: "quick", seed: SEED });
    if (failure) throw new Error(`${JSON.stringify(row)}, TRACING_TEST_SEED=${SEED}`, { cause: failure });
    expect(row).toMatchObject({ duplicates: 0, lost: 0 });
  });
}
