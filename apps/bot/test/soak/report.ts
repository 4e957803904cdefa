import type { SoakReport } from "./run-soak.ts";
import type { Sample } from "./sampler.ts";

const HEADINGS = [
  "time",
  "RSS MB",
  "heap MB",
  "fds",
  "spool KiB",
  "ended",
  "stored",
  "pending",
  "state",
  "sent",
  "waiting",
  "phase",
];
const LEFT = new Set(["state", "phase"]);

/** The report as a person reads it: how it went over time, then what held. */
export function toText(report: SoakReport): string {
  const { users, seconds, seed, tookMs, counts, samples, criteria, passed } = report;
  const { sent, replies, runs, updates } = counts;
  const verdicts = criteria.flatMap(({ name, passed: holds, detail, problems }) => [
    `${holds ? "ok  " : "FAIL"}  ${name}: ${detail}`,
    ...problems.map((problem) => `        ${problem}`),
  ]);
  return [
    `${users} users for ${seconds} s, TRACING_TEST_SEED=${seed}, took ${Math.round(tookMs / 1_000)} s`,
    `${sent} things sent in ${updates} updates, ${replies} replies, ${runs} pipeline runs`,
    "",
    ...toTable([HEADINGS, ...samples.map(toRow)]),
    "",
    ...verdicts,
    "",
    passed ? "All of it holds." : "Not all of it holds.",
  ].join("\n");
}

function toRow({ atMs, phase, usage, health, sent, waiting }: Sample): string[] {
  const descriptors = usage?.descriptors;
  const figures = [
    usage?.residentBytes && megabytes(usage.residentBytes),
    usage && megabytes(usage.heapBytes),
    descriptors && Object.values(descriptors).reduce((sum, count) => sum + count, 0),
    usage && Math.round(usage.spool.bytes / 1_024),
    health?.ended,
    health?.delivered,
    health?.pending,
    health?.state,
  ];
  return [
    `${Math.round(atMs / 1_000)} s`,
    ...figures.map((figure) => String(figure ?? "-")),
    String(sent),
    String(waiting),
    phase,
  ];
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}

function toTable(rows: readonly (readonly string[])[]): string[] {
  const [headings = []] = rows;
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return LEFT.has(headings[column] ?? "") ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
}
