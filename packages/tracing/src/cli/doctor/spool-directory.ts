import { lstatSync, mkdtempSync, realpathSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import { formatBytes } from "../../render/format.ts";
import { type Check, type Finding, found, ok } from "./finding.ts";

/** `f_type` of file systems that are gone after a reboot: https://man7.org/linux/man-pages/man2/statfs.2.html */
const MEMORY_FILE_SYSTEMS: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);
/** Below this a full-sized spool may not fit. */
const LITTLE_SPACE_BYTES = 512_000_000;
const PROBE = Buffer.alloc(4_096);

/** Where the spool lies: whether it can be written, lasts, and has room. */
export const spoolDirectoryCheck: Check = {
  name: "spool directory",
  examine({ spoolDir }) {
    const existing = nearestExisting(spoolDir);
    const refusal = tryToWrite(existing);
    if (refusal === "ENOSPC" || refusal === "EDQUOT")
      return [found(this.name, "disk-full", { directory: existing })];
    if (refusal !== undefined) {
      const reason = REASONS[refusal] ?? refusal;
      return [found(this.name, "spool-unwritable", { directory: existing, reason })];
    }
    const findings: Finding[] = [];
    const { type, bavail, bsize } = statfsSync(existing);
    const free = formatBytes(bavail * bsize);
    const temporary = realpathSync(tmpdir());
    if (MEMORY_FILE_SYSTEMS.has(type)) {
      findings.push(found(this.name, "spool-in-memory", { directory: spoolDir }));
    } else if (isBelow(realpathSync(existing), temporary)) {
      findings.push(found(this.name, "spool-in-tmp", { directory: spoolDir, temporary }));
    }
    if (bavail * bsize < LITTLE_SPACE_BYTES) {
      findings.push(found(this.name, "disk-low", { free, directory: spoolDir }));
    }
    if (findings.length > 0) return findings;
    const state = existing === spoolDir ? "is writable" : "does not exist yet and can be made";
    return [ok(this.name, `${spoolDir} ${state}, ${free} free.`)];
  },
};

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "this user has no right to",
  EPERM: "this user has no right to",
  EROFS: "the file system is read-only",
  ENOTDIR: "it is no directory",
  ENOENT: "it takes no directories",
};

function nearestExisting(path: string): string {
  return isThere(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}

/** A link that leads nowhere is there, and in the way. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

/**
 * The code of what is in the way; undefined when nothing is. Asked by writing: access(2) says yes to root even where nothing
 * can be made, and a full disk may still take an empty directory.
 */
function tryToWrite(directory: string): string | undefined {
  let probe: string | undefined;
  try {
    probe = mkdtempSync(join(directory, ".tracing-doctor-"));
    writeFileSync(join(probe, "probe"), PROBE);
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  } finally {
    if (probe !== undefined) rmSync(probe, { recursive: true, force: true });
  }
}
