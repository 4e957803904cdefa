import { existsSync, mkdtempSync, rmdirSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { readSpoolStatus, type SpoolStatus } from "../../collector/spool/spool.ts";
import { formatBytes, formatCount, formatDuration } from "../../render/format.ts";
import { type Check, type Finding, fail, ok, warn } from "./finding.ts";

/** `f_type` of file systems that are gone after a reboot: https://man7.org/linux/man-pages/man2/statfs.2.html */
const MEMORY_FILE_SYSTEMS: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);
/** Below this a full-sized spool may not fit. */
const LITTLE_SPACE_BYTES = 512_000_000;

/** Where the spool lies: whether it can be written, lasts, and has room. */
export const spoolDirectoryCheck: Check = {
  name: "spool directory",
  examine({ spoolDir }) {
    const existing = nearestExisting(spoolDir);
    if (!isWritable(existing)) {
      return [
        fail(
          this.name,
          `${existing} cannot be written by this user, so that spans would be kept in memory only.`,
          "Give the service's user the right to write there, or set TRACING_DATA_DIR to a directory of its own.",
        ),
      ];
    }
    const findings: Finding[] = [];
    const { type, bavail, bsize } = statfsSync(existing);
    if (MEMORY_FILE_SYSTEMS.has(type)) {
      findings.push(
        warn(
          this.name,
          `${spoolDir} is on a temporary file system: a reboot loses what waits there.`,
          "Set TRACING_DATA_DIR to a directory on a disk.",
        ),
      );
    }
    if (bavail * bsize < LITTLE_SPACE_BYTES) {
      findings.push(
        warn(
          this.name,
          `Only ${formatBytes(bavail * bsize)} are free where the spool is (${spoolDir}).`,
          "Free some space: a spool may take 512 MB in a long outage.",
        ),
      );
    }
    if (findings.length > 0) return findings;
    const state = existsSync(spoolDir) ? "is writable" : "does not exist yet and can be made";
    return [ok(this.name, `${spoolDir} ${state}, ${formatBytes(bavail * bsize)} free.`)];
  },
};

/** What waits for the store, in each process's directory. */
export const spoolContentCheck: Check = {
  name: "spool",
  examine({ spoolDir, noStore }) {
    const processes = readSpoolStatus(spoolDir);
    if (processes.length === 0) return [ok(this.name, "Nothing waits in the spool.")];
    const restart = "Start the service again: it delivers what dead processes left.";
    const cure =
      noStore === undefined
        ? restart
        : `${restart} It does so when ${noStore} is unset, and a store is configured.`;
    return processes.flatMap((status) => describe(this.name, status, { receiver: "store", cure }));
  },
};

/** What waits to be sent over OTLP; of no interest where nothing ever was. */
export const otlpSpoolCheck: Check = {
  name: "spool-otlp",
  examine({ otlpSpoolDir, otlp, otlpError }) {
    const processes = readSpoolStatus(otlpSpoolDir);
    const restart = "Start the service again: it sends what dead processes left.";
    if (processes.length === 0) return otlp ? [ok(this.name, "Nothing waits to be sent over OTLP.")] : [];
    const cure =
      otlp || otlpError
        ? restart
        : `${restart} It does so when OTEL_EXPORTER_OTLP_ENDPOINT is set, which it is not here.`;
    return processes.flatMap((status) => describe(this.name, status, { receiver: "OTLP backend", cure }));
  },
};

interface Destination {
  receiver: string;
  /** How what a dead process left gets there. */
  cure: string;
}

function describe(check: string, status: SpoolStatus, { receiver, cure }: Destination): Finding[] {
  const { pid, alive, directory, pendingSpans, bytes, deadLetters, damagedSpans } = status;
  const owner = `Process ${pid} (${alive ? "alive" : "ended"})`;
  const pending = `${count(pendingSpans, "span")} pending, ${formatBytes(bytes)}`;
  const findings: Finding[] = [];
  if (!alive && status.pendingRecords > 0) {
    findings.push(warn(check, `${owner}: ${pending}, left behind in ${directory}.`, cure));
  } else findings.push(ok(check, `${owner}: ${pending}${age(status)}.`));
  if (deadLetters > 0) {
    findings.push(
      warn(
        check,
        `${owner}: ${count(deadLetters, "record")} that the ${receiver} will never take.`,
        `See ${directory}/dead-letter.ndjson for the reasons; delete the file when done.`,
      ),
    );
  }
  const dropped = droppedSpans(status);
  if (dropped.length > 0) {
    findings.push(
      warn(
        check,
        `${owner}: spans had to be dropped (${dropped.join(", ")}).`,
        `\`spool-full\` asks for a reachable ${receiver} or a larger spool, \`disk\` for a disk that takes writes.`,
      ),
    );
  }
  if (damagedSpans > 0) {
    findings.push(
      warn(
        check,
        `${owner}: ${count(damagedSpans, "line")} cannot be read and will be skipped.`,
        `Check the disk under ${directory}.`,
      ),
    );
  }
  return findings;
}

/** Counts by reason, as the checkpoint has them. */
function droppedSpans({ ledger }: SpoolStatus): string[] {
  const dropped = ledger?.dropped;
  if (typeof dropped !== "object" || dropped === null) return [];
  return Object.entries(dropped)
    .filter(([, spans]) => typeof spans === "number" && spans > 0)
    .map(([reason, spans]) => `${reason} ${spans}`);
}

function age({ alive, checkpointAgeMs }: SpoolStatus): string {
  return alive && checkpointAgeMs !== undefined ? `, as of ${formatDuration(checkpointAgeMs)} ago` : "";
}

function count(amount: number, what: string): string {
  return `${formatCount(amount)} ${what}${amount === 1 ? "" : "s"}`;
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}

/** Asked by writing: access(2) says yes to root even where nothing can be made. */
function isWritable(directory: string): boolean {
  try {
    rmdirSync(mkdtempSync(join(directory, ".tracing-doctor-")));
    return true;
  } catch {
    return false; // Whatever the reason, the service would meet it too.
  }
}
