import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { recordIn, segmentsBelow } from "./dead-spool.ts";
import type { SettledRun } from "./run-log.ts";

/** The name that a spool's first segment has. */
const SEGMENT = "segment-0000000001.v1.ndjson";

export interface Copied {
  path: string;
  /** Runs of this copy, under the ids that they have in it. */
  settled: SettledRun[];
}

/** Makes many dead processes of one: each has the same records under trace ids of its own, and damage of its own. */
export class DeadCopies {
  /** The lines that the dead process wrote, without their line breaks. */
  readonly lines: readonly string[];
  readonly spool: string;
  /** Spans of all copies, as `<trace> <span>`. */
  readonly ended: string[] = [];
  readonly #settled: readonly SettledRun[];
  #copies = 0;

  /** Copies from one data directory to another. */
  constructor(from: string, to: string, settled: readonly SettledRun[]) {
    const [path = ""] = segmentsBelow(from);
    this.lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
    this.spool = join(to, "spool");
    this.#settled = settled;
    mkdirSync(this.spool);
  }

  get length(): number {
    return this.#copies;
  }

  /** Adds a directory; `damage` gets what would be its segment's lines, and returns what the segment holds instead. */
  add(damage: (lines: string[]) => Buffer): Copied {
    const label = (this.#copies++).toString(16).padStart(8, "0");
    const lines = this.lines.map((line) => relabel(line, label));
    const path = join(this.spool, `1-0-${randomBytes(6).toString("hex")}`);
    mkdirSync(path);
    writeFileSync(join(path, SEGMENT), damage(lines));
    const records = lines.map(recordIn).filter(({ type }) => type === "span");
    this.ended.push(...records.map(({ trace_id, span_id }) => `${trace_id} ${span_id}`));
    const settled = this.#settled.map((run) => ({ ...run, trace: label + run.trace.slice(label.length) }));
    return { path, settled };
  }
}

/** Lines as they stand in a file. */
export function toBytes(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(""));
}

/** The line of a record, with its checksum. */
export function toLine(json: string): string {
  return `${crc32(json).toString(16).padStart(8, "0")} ${json}`;
}

/** The same record in another trace: a trace id begins with the label. */
function relabel(line: string, label: string): string {
  const json = line.slice(line.indexOf(" ") + 1);
  return toLine(json.replace(/"trace_id":"[0-9a-f]{8}/, `"trace_id":"${label}`));
}
