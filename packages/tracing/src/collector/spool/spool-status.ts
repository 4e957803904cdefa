import { statSync } from "node:fs";
import { join } from "node:path";
import { probeDirectoryLock } from "../../lock/directory-lock.ts";
import { listDirectories, listSegments } from "./adoption.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { countDeadLetters } from "./dead-letters.ts";
import { segmentName } from "./segment.ts";
import { SegmentScan } from "./segment-scan.ts";
import { waitingLines } from "./waiting-lines.ts";

/** One directory of a spool, as somebody else sees it from outside. */
export interface SpoolStatus {
  /** Absolute or relative as the root was given. */
  directory: string;
  /** Process that made or took over the directory. */
  pid: number;
  /** Whether a live process holds it; a dead one's is taken over by the next that starts. */
  alive: boolean;
  /** Records of all types that the checkpoint does not count as dealt with. */
  pendingRecords: number;
  /** Those of them that are ended spans. */
  pendingSpans: number;
  /** Since the oldest of them ended, or began where it has not ended; undefined when none waits. */
  oldestPendingMs: number | undefined;
  /** Size of all segments. */
  bytes: number;
  deadLetters: number;
  /** Lines that cannot be read. */
  damagedSpans: number;
  /** The counts in the checkpoint; undefined when there is no checkpoint. */
  ledger: Record<string, unknown> | undefined;
  /** How old the checkpoint and its counts are; undefined when there is none. */
  checkpointAgeMs: number | undefined;
  /** Bytes that all directories of its process may take together; undefined when there is no checkpoint to say so. */
  maxBytes: number | undefined;
}

/**
 * What stands in every process directory below a spool's root. Disturbs nobody: it takes no lock and changes no file.
 * Reads the waiting segments whole, so it takes seconds on a full spool.
 */
export function readSpoolStatus(dir: string): SpoolStatus[] {
  const found: SpoolStatus[] = [];
  for (const name of listDirectories(dir)) {
    const path = join(dir, name);
    try {
      found.push(statusOf(path, name));
    } catch (error) {
      // A directory may be renamed or removed at any moment; only one that is still there is worth an error.
      if (statSync(path, { throwIfNoEntry: false })) throw error;
    }
  }
  return found;
}

function statusOf(path: string, name: string): SpoolStatus {
  const checkpoint = readCheckpoint(path);
  const scan = new SegmentScan();
  let bytes = 0;
  for (const sequence of listSegments(path)) {
    bytes += statSync(join(path, segmentName(sequence)), { throwIfNoEntry: false })?.size ?? 0;
  }
  for (const line of waitingLines(path, checkpoint)) scan.add(line);
  const time = Date.parse(checkpoint?.time ?? "");
  return {
    directory: path,
    pid: Number(name.split("-", 1)[0]),
    alive: probeDirectoryLock(path) === "held",
    pendingRecords: scan.records,
    pendingSpans: scan.spans,
    oldestPendingMs: scan.records > 0 ? scan.oldestAgeMs : undefined,
    bytes,
    deadLetters: countDeadLetters(path),
    damagedSpans: scan.damagedSpans,
    ledger: checkpoint?.ledger,
    checkpointAgeMs: Number.isNaN(time) ? undefined : Math.max(0, Date.now() - time),
    maxBytes: checkpoint?.maxBytes,
  };
}
