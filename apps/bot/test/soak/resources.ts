import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";

/** Open descriptors of a process, by what they are. */
export interface Descriptors {
  sockets: number;
  files: number;
  /** Segments of the spool: one while there is something to write, none before. */
  segments: number;
  /** Pipes, and what the event loop keeps. */
  others: number;
}

const SEGMENT = /\/segment-\d+\.v\d+\.ndjson$/;

export interface Directory {
  files: number;
  bytes: number;
}

/** Undefined where a process's descriptors cannot be seen, as on macOS. */
export function descriptorsOf(pid: number): Descriptors | undefined {
  const dir = `/proc/${pid}/fd`;
  if (!existsSync(dir)) return undefined;
  const counted = { sockets: 0, files: 0, segments: 0, others: 0 };
  for (const fd of readdirSync(dir)) {
    const target = targetOf(join(dir, fd));
    if (target === undefined) continue;
    if (target.startsWith("socket:")) counted.sockets += 1;
    else if (SEGMENT.test(target)) counted.segments += 1;
    else if (target.startsWith("/") && !target.startsWith("/dev/")) counted.files += 1;
    else counted.others += 1;
  }
  return counted;
}

/** Undefined when it was closed since. */
function targetOf(fd: string): string | undefined {
  try {
    return readlinkSync(fd);
  } catch {
    return undefined;
  }
}

/** Resident memory in bytes; undefined where it cannot be seen. */
export function residentBytes(pid: number): number | undefined {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return undefined;
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(file, "utf8"))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024;
}

/** All files below a directory. */
export function sizeOf(path: string): Directory {
  const sum = { files: 0, bytes: 0 };
  if (!existsSync(path)) return sum;
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const stats = statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false });
    if (!stats) continue;
    sum.files += 1;
    sum.bytes += stats.size;
  }
  return sum;
}
