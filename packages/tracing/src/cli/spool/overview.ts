import { basename } from "node:path";
import { readSpoolStatus, type SpoolStatus } from "../../collector/spool/spool.ts";
import { TracingError } from "../../core/errors.ts";
import type { SpoolPlace } from "./places.ts";

/** What of one process stands in one spool; the shape that `--json` prints. */
export interface SpoolEntry {
  destination: SpoolPlace["destination"];
  directory: string;
  pid: number;
  owner: "alive" | "dead";
  pendingRecords: number;
  pendingSpans: number;
  oldestPendingMs: number | null;
  bytes: number;
  deadLetters: number;
  damagedSpans: number;
  /** The counts of its last checkpoint, and how old that is. */
  ledger: Record<string, unknown> | null;
  checkpointAgeMs: number | null;
}

/**
 * Every process's part of the spools, or only those whose directory's name or process id is `which`.
 *
 * @throws {TracingError} `not-found` when there is none of that name.
 */
export function listSpools(places: readonly SpoolPlace[], which: string | undefined): SpoolEntry[] {
  const entries = places.flatMap(({ destination, dir }) =>
    readSpoolStatus(dir).map((status) => toEntry(destination, status)),
  );
  if (which === undefined) return entries;
  const found = entries.filter(
    ({ directory, pid }) => basename(directory) === which || String(pid) === which,
  );
  if (found.length > 0) return found;
  throw new TracingError("not-found", `There is no spool of a process ${which}.`, {
    hint: "`tracing spool ls` lists what there is.",
  });
}

function toEntry(destination: SpoolEntry["destination"], status: SpoolStatus): SpoolEntry {
  return {
    destination,
    directory: status.directory,
    pid: status.pid,
    owner: status.alive ? "alive" : "dead",
    pendingRecords: status.pendingRecords,
    pendingSpans: status.pendingSpans,
    oldestPendingMs: status.oldestPendingMs ?? null,
    bytes: status.bytes,
    deadLetters: status.deadLetters,
    damagedSpans: status.damagedSpans,
    ledger: status.ledger ?? null,
    checkpointAgeMs: status.checkpointAgeMs ?? null,
  };
}

/** `delivered 12, dropped 3 (spool-full)`: what the ledger says became of its spans, zeros left out. */
export function ledgerText({ ledger }: SpoolEntry): string {
  if (ledger === null) return "no checkpoint yet";
  const counts = ["ended", "delivered", "deadLettered", "sampledOut", "interrupted"].map(
    (name): [string, unknown] => [name, ledger[name]],
  );
  const dropped = typeof ledger.dropped === "object" && ledger.dropped !== null ? ledger.dropped : {};
  const all = [
    ...counts,
    ...Object.entries(dropped).map(([reason, spans]) => [`dropped (${reason})`, spans] as const),
  ];
  const said = all.filter(([, spans]) => typeof spans === "number" && spans > 0);
  return said.map(([name, spans]) => `${NAMES[name] ?? name} ${spans}`).join(", ") || "nothing yet";
}

const NAMES: Readonly<Record<string, string>> = {
  deadLettered: "dead-lettered",
  sampledOut: "sampled out",
};
