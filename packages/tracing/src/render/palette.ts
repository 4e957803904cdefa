import picocolors from "picocolors";
import type { Span, TraceSummary } from "../store/trace-repo.ts";

export type Paint = (text: string) => string;

/** Colours by meaning. Without colour every one of them returns its text as it is. */
export interface Palette {
  strong: Paint;
  quiet: Paint;
  good: Paint;
  bad: Paint;
  caution: Paint;
  note: Paint;
  status(status: TraceSummary["status"]): Paint;
  kind(kind: Span["kind"]): Paint;
}

export function createPalette(color: boolean): Palette {
  const pc = picocolors.createColors(color);
  const byStatus: Readonly<Record<string, Paint>> = {
    ok: pc.green,
    error: pc.red,
    running: pc.cyan,
    interrupted: pc.yellow,
  };
  const byKind: Readonly<Record<string, Paint>> = {
    pipeline: pc.bold,
    agent: pc.cyan,
    llm: pc.magenta,
    tool: pc.yellow,
    retrieval: pc.blue,
  };
  return {
    strong: pc.bold,
    quiet: pc.dim,
    good: pc.green,
    bad: pc.red,
    caution: pc.yellow,
    note: pc.cyan,
    status: (status) => byStatus[status] ?? pc.reset,
    kind: (kind) => byKind[kind] ?? pc.green,
  };
}
