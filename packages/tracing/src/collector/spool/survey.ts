import { readFileSync } from "node:fs";
import { join } from "node:path";
import { peekRecord } from "../../record/peek.ts";
import type { EncodedRecord, TraceRecord } from "../../record/record.ts";
import { listSegments } from "./adoption.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { DEAD_LETTER_FILE, lettersIn } from "./dead-letters.ts";
import { forEachDirectory } from "./each-directory.ts";
import { linesOfFile, withFile } from "./file-lines.ts";
import { segmentName } from "./segment.ts";

/** What a root's record says of whose a trace is. */
export type RootHeader = Pick<TraceRecord, "trace_id" | "start" | "user_id" | "telegram_id">;

/** A trace with records in a spool. */
export interface SurveyedTrace {
  /** The strongest claim among them to be its root. */
  root: number;
  /** Whether the record with that claim is of whoever is looked for. */
  owned: boolean;
  /** How many there are, dead letters and what checkpoints keep included. */
  records: number;
}

interface Candidate extends SurveyedTrace {
  /** Between equal claims the earliest start decides, then the lower span id. */
  place: string;
}

const ROOT = /"root":([1-3]),/;
/** The claim stands within so many characters of a record's beginning. */
const HEAD_LENGTH = 240;

/**
 * The traces of which a spool holds records, wherever these stand: waiting, delivered a moment ago, refused, or kept for
 * the case that a process dies. Disturbs nobody.
 *
 * @throws when a file that is there cannot be read.
 */
export async function surveySpool(
  root: string,
  isOwned: (header: RootHeader) => boolean,
  traces: Map<string, SurveyedTrace> = new Map(),
): Promise<Map<string, SurveyedTrace>> {
  const note = (record: EncodedRecord) => noteRecord(record, isOwned, traces as Map<string, Candidate>);
  await forEachDirectory(root, async (path) => {
    for (const sequence of listSegments(path)) {
      await withFile(join(path, segmentName(sequence)), "r", async (fd) => {
        for await (const { line } of linesOfFile(fd)) {
          for (const payload of line.payloads) note(textOf(payload));
        }
      });
    }
    await withFile(join(path, DEAD_LETTER_FILE), "r", (fd) => {
      for (const { record } of lettersIn(readFileSync(fd))) if (record !== null) note(record);
    });
    for (const record of readCheckpoint(path)?.open ?? []) note(record);
  });
  return traces;
}

/** Only of what may be a root is more needed than the head. */
function textOf(payload: Buffer): EncodedRecord {
  const head = payload.toString("latin1", 0, HEAD_LENGTH);
  return ROOT.test(head) ? payload.toString("utf8") : head;
}

function noteRecord(
  record: EncodedRecord,
  isOwned: (header: RootHeader) => boolean,
  traces: Map<string, Candidate>,
): void {
  const head = peekRecord(record);
  if (!head) return;
  const trace = traces.get(head.traceId) ?? { root: 0, owned: false, records: 0, place: "" };
  traces.set(head.traceId, trace);
  trace.records += 1;
  const root = Number(ROOT.exec(record.slice(0, HEAD_LENGTH))?.[1] ?? 0);
  if (root === 0 || root < trace.root) return;
  const header = parse(record);
  const place = `${header?.start} ${head.spanId}`;
  if (header === undefined || (root === trace.root && place > trace.place)) return;
  Object.assign(trace, { root, place, owned: isOwned(header) });
}

function parse(record: EncodedRecord): RootHeader | undefined {
  try {
    return JSON.parse(record) as RootHeader;
  } catch {
    return undefined; // No JSON, and so no claim.
  }
}
