import { TracingError } from "../core/errors.ts";
import type { TraceRepo } from "../store/trace-repo.ts";
import type { TraceReference } from "./arguments.ts";

/** How many of the newest traces an abbreviated id is looked for in. */
const PREFIX_WINDOW = 1_000;
const PAGE = 200;

/**
 * The whole id of the trace that is meant.
 *
 * @throws {TracingError} `not-found` when there is none, or when an abbreviation fits several.
 */
export async function resolveTraceId(repo: TraceRepo, reference: TraceReference): Promise<string> {
  switch (reference.by) {
    case "id":
      return reference.traceId;
    case "latest": {
      const { traces } = await repo.listTraces({ limit: 1 });
      if (traces[0]) return traces[0].traceId;
      throw new TracingError("not-found", "There is no trace yet.");
    }
    case "prefix":
      return resolvePrefix(repo, reference.prefix);
  }
}

export function traceNotFound(traceId: string): TracingError {
  return new TracingError("not-found", `There is no trace ${traceId}.`, {
    hint: "`tracing ls` lists what there is.",
  });
}

async function resolvePrefix(repo: TraceRepo, prefix: string): Promise<string> {
  const found: string[] = [];
  let cursor: string | undefined;
  for (let seen = 0; seen < PREFIX_WINDOW; seen += PAGE) {
    const page = await repo.listTraces({ limit: PAGE, cursor });
    found.push(...page.traces.map((trace) => trace.traceId).filter((traceId) => traceId.startsWith(prefix)));
    if (!page.nextCursor) break;
    cursor = page.nextCursor;
  }
  const [only, other] = found;
  if (only === undefined) {
    throw new TracingError("not-found", `None of the newest ${PREFIX_WINDOW} traces begins with ${prefix}.`, {
      hint: "Give the whole id of an older one.",
    });
  }
  if (other === undefined) return only;
  throw new TracingError(
    "not-found",
    `${found.length} traces begin with ${prefix}: ${found.slice(0, 5).join(", ")}.`,
    {
      hint: "Give more digits.",
    },
  );
}
