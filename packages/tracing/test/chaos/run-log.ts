import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";

/** What a run that settled said of itself. */
export interface SettledRun {
  trace: string;
  spans: number;
  errors: number;
  calls: number;
  status: string;
  /** How long it took. */
  ms: number;
}

/** What traced processes have written down themselves; see `services/coach.ts`. */
export interface RunLog {
  opened: Set<string>;
  /** Traces that were about to end: whether they did is open until they have settled. */
  ending: Set<string>;
  /** Spans that the library has promised to keep, as `<trace> <span>`. */
  ended: Set<string>;
  settled: SettledRun[];
  warnings: string[];
}

/** Reads the logs of traced processes; a torn line at the end says nothing, and a file that is not there yet neither. */
export function readRunLogs(files: readonly string[]): RunLog {
  const log: RunLog = { opened: new Set(), ending: new Set(), ended: new Set(), settled: [], warnings: [] };
  for (const file of files) for (const line of linesOf(file)) addLine(log, line);
  return log;
}

/** Says, as often as it is asked, how many runs have settled by a log; what it has read it does not read again. */
export function createSettledCounter(file: string): () => number {
  let [read, count, torn] = [0, 0, ""];
  return () => {
    if (!existsSync(file)) return count;
    const fd = openSync(file, "r");
    try {
      const fresh = Buffer.alloc(fstatSync(fd).size - read);
      read += readSync(fd, fresh, 0, fresh.length, read);
      const lines = (torn + fresh.toString("latin1")).split("\n");
      torn = lines.pop() ?? "";
      count += lines.filter((line) => line.startsWith("settled ")).length;
      return count;
    } finally {
      closeSync(fd);
    }
  };
}

function addLine(log: RunLog, line: string): void {
  const [word, trace = "", second = "", errors, calls, status = "", ms = "0"] = line.split(" ");
  switch (word) {
    case "opened":
      log.opened.add(trace);
      return;
    case "ending":
      log.ending.add(trace);
      return;
    case "ended":
      log.ended.add(`${trace} ${second}`);
      return;
    case "warning":
      log.warnings.push(line.slice("warning ".length));
      return;
    case "settled":
      log.settled.push({
        trace,
        spans: Number(second),
        errors: Number(errors),
        calls: Number(calls),
        status,
        ms: Number(ms),
      });
      return;
    default:
      throw new Error(`A run log has a line that says nothing: ${line}`);
  }
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").slice(0, -1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
