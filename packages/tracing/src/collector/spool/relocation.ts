import { closeSync, openSync, readSync } from "node:fs";
import { writeAll } from "./checkpoint.ts";
import type { Segment } from "./segment.ts";
import type { SpoolDirectory } from "./spool-directory.ts";

/**
 * Moves what can be moved out of a directory that somebody has deleted. Returns the segments that are lost.
 *
 * @throws when the disk refuses the new files; then nothing has moved.
 */
export function relocate(from: SpoolDirectory, to: SpoolDirectory): Segment[] {
  const kept = from.segments.filter((segment) => rewrite(segment, to.path));
  const lost = from.segments.filter((segment) => !kept.includes(segment));
  from.segments.length = 0;
  to.segments.push(...kept);
  to.nextSequence = from.nextSequence;
  return lost;
}

/**
 * Writes a deleted segment again, byte for byte, so that every position in it stays right; false when its descriptor was
 * closed before the file went, which is the case for all but the newest.
 *
 * @throws when the disk refuses the new file.
 */
export function rewrite(segment: Segment, dir: string): boolean {
  const bytes = readAll(segment);
  if (!bytes) return false;
  const before = segment.dir;
  segment.dir = dir;
  try {
    const fd = openSync(segment.path, "w", 0o600);
    try {
      writeAll(fd, bytes);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    segment.dir = before;
    throw error;
  }
  return true;
}

function readAll(segment: Segment): Buffer | undefined {
  try {
    const fd = segment.enter();
    try {
      const bytes = Buffer.allocUnsafe(segment.size);
      return readSync(fd, bytes, 0, bytes.length, 0) === bytes.length ? bytes : undefined;
    } finally {
      segment.leave();
    }
  } catch {
    return undefined; // Its descriptor was closed when it was full, and now the file is gone.
  }
}
