import { readSpoolStatus, type SpoolStatus } from "../../collector/spool/spool.ts";
import { formatBytes, formatCount, formatDuration } from "../../render/format.ts";
import { type Check, type Finding, found, ok } from "./finding.ts";

/** What a collector allows itself unless `maxSpoolBytes` says otherwise. */
const DEFAULT_MAX_BYTES = 512 * 1024 * 1024;
/** The share of it from which on there is not much time left. */
const NEARLY_FULL = 0.8;

/** What waits for the store, in each process's directory. */
export const spoolContentCheck: Check = {
  name: "spool",
  examine({ spoolDir, noStore }) {
    const processes = readSpoolStatus(spoolDir);
    if (processes.length === 0) return [ok(this.name, "Nothing waits in the spool.")];
    const way = `a store that is configured, and ${noStore} unset`;
    const obstacle = noStore === undefined ? undefined : { setting: `${noStore} is "none"`, way };
    return describeAll(this.name, processes, { receiver: "store", obstacle });
  },
};

/** What waits to be sent over OTLP; of no interest where nothing ever was. */
export const otlpSpoolCheck: Check = {
  name: "spool-otlp",
  examine({ otlpSpoolDir, otlp, otlpError }) {
    const processes = readSpoolStatus(otlpSpoolDir);
    if (processes.length === 0) return otlp ? [ok(this.name, "Nothing waits to be sent over OTLP.")] : [];
    const [setting, way] = ["OTEL_EXPORTER_OTLP_ENDPOINT is not set", "OTEL_EXPORTER_OTLP_ENDPOINT set"];
    const obstacle = otlp || otlpError ? undefined : { setting, way };
    return describeAll(this.name, processes, { receiver: "OTLP backend", obstacle });
  },
};

interface Destination {
  receiver: string;
  /** Why nothing gets there as it is configured here, and what with it would. */
  obstacle: { setting: string; way: string } | undefined;
}

function describeAll(check: string, processes: SpoolStatus[], destination: Destination): Finding[] {
  const each = processes.flatMap((status) => describe(check, status, destination));
  return [...each, ...describeFullness(check, processes, destination)];
}

function describe(check: string, status: SpoolStatus, { receiver, obstacle }: Destination): Finding[] {
  const { alive, directory, pendingSpans, bytes, deadLetters, damagedSpans } = status;
  const owner = ownerOf(status);
  const pending = `${count(pendingSpans, "span")} pending, ${formatBytes(bytes)}`;
  const findings: Finding[] = [];
  if (!alive && status.pendingRecords > 0) {
    const values = { owner, pending, directory };
    findings.push(
      obstacle
        ? found(check, "spool-has-no-way-out", { ...values, ...obstacle })
        : found(check, "spool-left-behind", values),
    );
  } else findings.push(ok(check, `${owner}: ${pending}${age(status)}.`));
  if (deadLetters > 0) {
    const records = count(deadLetters, "record");
    findings.push(found(check, "dead-letters", { owner, records, receiver, directory }));
  }
  const counts = droppedSpans(status).join(", ");
  if (counts) findings.push(found(check, "spans-dropped", { owner, counts, receiver }));
  if (damagedSpans > 0) {
    findings.push(found(check, "lines-damaged", { owner, lines: count(damagedSpans, "line"), directory }));
  }
  return findings;
}

/** The cap is one for all directories of a process, those included that it took over. */
function describeFullness(check: string, processes: SpoolStatus[], { receiver }: Destination): Finding[] {
  return [...Map.groupBy(processes, ({ pid }) => pid).values()].flatMap((directories) => {
    const bytes = directories.reduce((sum, status) => sum + status.bytes, 0);
    const most = Math.max(...directories.map(({ maxBytes }) => maxBytes ?? 0)) || DEFAULT_MAX_BYTES;
    const [first] = directories;
    if (!first || bytes < most * NEARLY_FULL) return [];
    const sizes = { bytes: formatBytes(bytes), most: formatBytes(most) };
    return [found(check, "spool-nearly-full", { owner: ownerOf(first), ...sizes, receiver })];
  });
}

function ownerOf({ pid, alive }: SpoolStatus): string {
  return `Process ${pid} (${alive ? "alive" : "ended"})`;
}

/** Counts by reason, as the checkpoint has them; what was erased is gone on purpose. */
function droppedSpans({ ledger }: SpoolStatus): string[] {
  const dropped = ledger?.dropped;
  if (typeof dropped !== "object" || dropped === null) return [];
  return Object.entries(dropped)
    .filter(([reason, spans]) => reason !== "erased" && typeof spans === "number" && spans > 0)
    .map(([reason, spans]) => `${reason} ${spans}`);
}

function age({ alive, checkpointAgeMs }: SpoolStatus): string {
  return alive && checkpointAgeMs !== undefined ? `, as of ${formatDuration(checkpointAgeMs)} ago` : "";
}

function count(amount: number, what: string): string {
  return `${formatCount(amount)} ${what}${amount === 1 ? "" : "s"}`;
}
