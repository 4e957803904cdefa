import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Housekeeping } from "../../src/embedded/housekeeping.ts";
import { openDatabase } from "../../src/embedded/pglite-database.ts";
import { freshDataDir, PATIENT } from "./data-dir.ts";

describe("Housekeeping", PATIENT, () => {
  it("checkpoints when the log has grown, and vacuums and analyses tables that have changed", async () => {
    const database = await openDatabase(join(await freshDataDir(), "pgdata"));
    const number = async (query: string): Promise<number> => {
      const { rows } = await database.query<{ n: number }>(query);
      return Number(rows[0]?.n);
    };
    const waiting =
      "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn) AS n FROM pg_control_checkpoint()";
    const known = "SELECT reltuples AS n FROM pg_class WHERE relname = 'busy'";
    await database.exec("CREATE TABLE busy (n int)");
    const housekeeping = new Housekeeping(database, 2 ** 20);
    for (let calls = 0; calls < 64; calls++) {
      expect([calls, await number(known)]).toEqual([calls, -1]);
      await database.exec(
        "INSERT INTO busy SELECT generate_series(1, 1000); UPDATE busy SET n = 0 WHERE n = 1",
      );
      await housekeeping.afterCall(100);
    }
    expect(await number(known)).toBe(64_000);
    expect(await number(waiting)).toBeLessThan(2 ** 20);
    await database.exec("INSERT INTO busy SELECT generate_series(1, 64000)");
    await housekeeping.afterCall(5 * 2 ** 20);
    expect(await number(known)).toBe(128_000);
    await database.close();
  });
});
