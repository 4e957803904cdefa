import { readFileSync } from "node:fs";

/** What a run that settled said of itself. */
export interface SettledRun {
  trace: string;
  spans: number;
  errors: number;
  calls: number;
  status: string;
}

/** What the traced processes have written down themselves. */
export interface RunLog {
  opened: Set<string>;
  /** Traces that were about to end: whether they did is open until they have settled. */
  ending: Set<string>;
  settled: SettledRun[];
  warnings: string[];
}

/** Reads logs of `killed-service.ts`; a torn line at the end says nothing. */
export function readRunLogs(files: readonly string[]): RunLog {
  const log: RunLog = { opened: new Set(), ending: new Set(), settled: [], warnings: [] };
  for (const line of files.flatMap((file) => readFileSync(file, "utf8").split("\n").slice(0, -1))) {
    const [word, trace = "", spans, errors, calls, status = ""] = line.split(" ");
    if (word === "opened") log.opened.add(trace);
    else if (word === "ending") log.ending.add(trace);
    else if (word === "warning") log.warnings.push(line.slice("warning ".length));
    else
      log.settled.push({ trace, spans: Number(spans), errors: Number(errors), calls: Number(calls), status });
  }
  return log;
}
