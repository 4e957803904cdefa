import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseSegmentName } from "../../src/collector/spool/segment.ts";
import type { TraceRecord } from "../../src/record/record.ts";
import { type RunLog, readRunLogs } from "./run-log.ts";
import type { Scene } from "./scene.ts";

/** What a killed process has left: a data directory, in whose spool everything waits, and its log. */
export interface DeadSpool {
  dataDir: string;
  log: RunLog;
}

/** Runs a coach without any database until so many runs have settled, and kills it. */
export async function leaveSpool(scene: Scene, settledRuns: number): Promise<DeadSpool> {
  const dataDir = scene.dir();
  const logFile = join(scene.dir(), "runs.log");
  const coach = scene.coach({ databaseUrl: "postgres://127.0.0.1:1/nowhere", dataDir, logFile });
  await coach.settled(settledRuns);
  await coach.kill();
  return { dataDir, log: readRunLogs([logFile]) };
}

/** A copy of a data directory, for another go at the same spool. */
export function copySpool(scene: Scene, dataDir: string): string {
  const copy = scene.dir();
  cpSync(dataDir, copy, { recursive: true });
  return copy;
}

/** Writes the segments below a data directory anew. */
export function rewriteSegments(dataDir: string, rewrite: (lines: string[]) => string[]): void {
  for (const path of segmentsBelow(dataDir)) {
    const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
    writeFileSync(
      path,
      rewrite(lines)
        .map((line) => `${line}\n`)
        .join(""),
    );
  }
}

/** The paths of all segments below a data directory. */
export function segmentsBelow(dataDir: string): string[] {
  const files = readdirSync(join(dataDir, "spool"), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => parseSegmentName(file.slice(file.lastIndexOf("/") + 1)))
    .map((file) => join(dataDir, "spool", file));
}

/** How many spans stand in the segments below a data directory. */
export function countSpans(dataDir: string): number {
  const texts = segmentsBelow(dataDir).map((path) => readFileSync(path, "utf8"));
  return texts.reduce(
    (sum, text) => sum + text.split(/^[0-9a-f]{8} \{"v":1,"type":"span",.*\n/m).length - 1,
    0,
  );
}

/** The record in a segment's line. */
export function recordIn(line: string): TraceRecord {
  return JSON.parse(line.slice(line.indexOf(" ") + 1));
}
