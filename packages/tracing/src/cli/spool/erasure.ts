import { readSpoolStatus } from "../../collector/spool/spool.ts";
import { count } from "../counted.ts";
import { type CliIo, writeLine } from "../io.ts";
import type { CommonFlags } from "../store-flags.ts";
import { settleSpools } from "./places.ts";

/** Says that a person's data may stand in a spool as well, which an erasure in the store does not reach. */
export function warnOfSpool(flags: CommonFlags, io: CliIo): void {
  const statuses = settleSpools(flags, io).flatMap(({ dir }) => readSpoolStatus(dir));
  const pending = statuses.reduce((sum, { pendingRecords }) => sum + pendingRecords, 0);
  const dead = statuses.reduce((sum, { deadLetters }) => sum + deadLetters, 0);
  if (pending + dead === 0) return;
  writeLine(
    io.stderr,
    `The spool here holds ${count(pending, "record")} that wait and ${count(dead, "dead letter")}, of whomever: \`tracing spool show\` lists them.`,
  );
}
