import type { TraceRepo } from "@app/tracing";
import { counted, oneLine } from "./figures.ts";

/** How a trace can be named. */
export const REFERENCES = "its 32 hex digits, the first 4 or more of them, or latest";

export type Lookup =
  | { kind: "found"; traceId: string }
  | { kind: "ambiguous"; problem: string; traceIds: string[] }
  | { kind: "none"; problem: string };

/** The newest traces that a prefix is looked for in, and how many of them are asked for at a time. */
const PREFIX_WINDOW = 1_000;
const PAGE_SIZE = 500;

/** The trace that is meant. A whole id is taken as it is, whether there is such a trace or not. */
export async function lookUpTrace(repo: TraceRepo, reference: string): Promise<Lookup> {
  const name = reference.toLowerCase();
  if (/^[0-9a-f]{32}$/.test(name)) return { kind: "found", traceId: name };
  if (name === "latest") {
    const { traces } = await repo.listTraces({ limit: 1 });
    const traceId = traces[0]?.traceId;
    return traceId === undefined ? none("There is no trace yet.") : { kind: "found", traceId };
  }
  if (/^[0-9a-f]{4,31}$/.test(name)) return lookUpPrefix(repo, name);
  const received = reference === "" ? "Which trace?" : `I do not understand "${oneLine(reference, 60)}".`;
  return none(`${received} A trace is named by ${REFERENCES}.`);
}

async function lookUpPrefix(repo: TraceRepo, prefix: string): Promise<Lookup> {
  const traceIds: string[] = [];
  let cursor: string | undefined;
  for (let seen = 0; seen < PREFIX_WINDOW; seen += PAGE_SIZE) {
    const page = await repo.listTraces({ limit: PAGE_SIZE, cursor });
    traceIds.push(...page.traces.map(({ traceId }) => traceId).filter((id) => id.startsWith(prefix)));
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  const [only, other] = traceIds;
  if (only === undefined) {
    return none(
      `None of the newest ${counted(PREFIX_WINDOW, "trace")} begins with ${prefix}. An older one needs its 32 hex digits.`,
    );
  }
  if (other === undefined) return { kind: "found", traceId: only };
  const problem = `${counted(traceIds.length, "trace")} begin with ${prefix}. Give more digits, or take one of them.`;
  return { kind: "ambiguous", problem, traceIds };
}

function none(problem: string): Lookup {
  return { kind: "none", problem };
}
