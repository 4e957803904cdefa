import type { Command } from "commander";
import { TracingError } from "../../core/errors.ts";
import { renderSpan, renderTrace } from "../../render/index.ts";
import type { Span, TraceDetail } from "../../store/trace-repo.ts";
import { readSpanId, readTraceReference, type TraceReference } from "../arguments.ts";
import type { CommandContext } from "../command.ts";
import { renderOptions, writeJson, writeLine } from "../io.ts";
import { type CommonFlags, withCommonFlags } from "../store-flags.ts";
import { withStoreToRead } from "../store-session.ts";
import { resolveTraceId, traceNotFound } from "../trace-lookup.ts";

interface ShowFlags extends CommonFlags {
  io?: boolean;
  span?: string;
}

/** `tracing show`: one trace as a tree, or one of its spans whole. */
export function addShowCommand(program: Command, { io }: CommandContext): void {
  const command = program
    .command("show")
    .summary("show one trace as a tree")
    .description("Show one trace: what it was, then its spans as a tree with times, tokens, cost and errors.")
    .argument("<trace>", "32 hex digits, the first 4 or more of them, or latest", (text: string) =>
      readTraceReference("<trace>", text),
    )
    .option("--io", "add inputs and outputs, shortened")
    .option("--span <id>", "show one span whole", (text: string) => readSpanId("--span", text));

  withCommonFlags(command)
    .addHelpText("after", HELP)
    .action(async (reference: TraceReference, flags: ShowFlags) => {
      const trace = await withStoreToRead(flags, io, async ({ repo }) => {
        const traceId = await resolveTraceId(repo, reference);
        const found = await repo.getTrace(traceId);
        if (!found) throw traceNotFound(traceId);
        return found;
      });
      const span = flags.span === undefined ? undefined : findSpan(trace, flags.span);
      if (flags.json) return writeJson(io.stdout, span ?? trace);
      const render = renderOptions(io);
      const text = span
        ? renderSpan(span, render)
        : renderTrace(trace, { ...render, io: flags.io, now: io.now() });
      writeLine(io.stdout, text);
    });
}

function findSpan(trace: TraceDetail, prefix: string): Span {
  const found = trace.spans.filter((span) => span.spanId.startsWith(prefix));
  const [only, other] = found;
  if (only !== undefined && other === undefined) return only;
  throw only === undefined
    ? new TracingError("not-found", `Trace ${trace.traceId} has no span ${prefix}.`, {
        hint: "`tracing show <trace> --json` lists the ids of its spans.",
      })
    : new TracingError("not-found", `${found.length} spans begin with ${prefix}.`, {
        hint: "Give more digits.",
      });
}

const HELP = `
Bars: █ at work, ▒ after the root had ended, ░ end unknown (running or interrupted), ▏ an instant.

Examples:
  $ tracing show latest --io
  $ tracing show 0af7651916cd
  $ tracing show 0af7651916cd --span b7ad6b71 --json
`;
