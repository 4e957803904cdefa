import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { invalidOption } from "../../core/errors.ts";
import { formatBytes } from "../../render/format.ts";
import type { TraceDetail } from "../../store/trace-repo.ts";
import { choiceReader, readText, readTraceReference, type TraceReference } from "../arguments.ts";
import type { CommandContext } from "../command.ts";
import { count } from "../counted.ts";
import { type CliIo, writeJson, writeLine } from "../io.ts";
import { type CommonFlags, withCommonFlags } from "../store-flags.ts";
import { withStoreToRead } from "../store-session.ts";
import { resolveTraceId, traceNotFound } from "../trace-lookup.ts";
import { addValueOption } from "../value-option.ts";

const FORMATS = ["json", "otlp"] as const;

interface ExportFlags extends CommonFlags {
  format: (typeof FORMATS)[number];
  output?: string;
}

interface Exported {
  text: string;
  spans: number;
}

/** `tracing export`: one trace with everything in it, for other programs. */
export function addExportCommand(program: Command, { io }: CommandContext): void {
  const command = program
    .command("export")
    .summary("write one trace as JSON or OTLP")
    .description(
      "Write one trace with all its spans, inputs and outputs included, to standard output or a file.",
    )
    .argument("<trace>", "32 hex digits, the first 4 or more of them, or latest", (text: string) =>
      readTraceReference("<trace>", text),
    );
  addValueOption(
    command,
    "--format <format>",
    "json: as `tracing show --json`; otlp: as a collector's /v1/traces takes it",
    choiceReader(FORMATS),
    { preset: "json", choices: FORMATS },
  );
  addValueOption(command, "--output <file>", "write to this file, readable by its owner only", readText);

  withCommonFlags(command)
    .addHelpText("after", HELP)
    .action(async (reference: TraceReference, flags: ExportFlags) => {
      const trace = await withStoreToRead(flags, io, async ({ repo }) => {
        const traceId = await resolveTraceId(repo, reference);
        const found = await repo.getTrace(traceId);
        if (!found) throw traceNotFound(traceId);
        return found;
      });
      const { text, spans } = await toExported(trace, flags);
      if (spans < trace.spans.length) {
        writeLine(io.stderr, `${count(trace.spans.length - spans, "span")} left out: not ended yet.`);
      }
      if (flags.output === undefined) return writeLine(io.stdout, text);
      const path = write(flags.output, `${text}\n`, io);
      const bytes = Buffer.byteLength(text) + 1;
      const { format } = flags;
      if (flags.json) writeJson(io.stdout, { traceId: trace.traceId, format, output: path, spans, bytes });
      else writeLine(io.stdout, `Wrote ${count(spans, "span")}, ${formatBytes(bytes)}, to ${path}.`);
    });
}

async function toExported(trace: TraceDetail, { format }: ExportFlags): Promise<Exported> {
  if (format === "json") return { text: JSON.stringify(trace, null, 2), spans: trace.spans.length };
  // Only here, since the encoder is an optional package.
  const { toOtlpRequest } = await import("../export/otlp-request.ts");
  const { json, spans } = await toOtlpRequest(trace);
  return { text: json, spans };
}

function write(output: string, text: string, { directory }: CliIo): string {
  const path = resolve(directory, output);
  try {
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw invalidOption("--output", output, `a file that can be written, which this cannot (${reason})`);
  }
}

const HELP = `
OTLP needs the package @opentelemetry/otlp-transformer. A span that has not ended is no span in OTLP, and is left out.

Examples:
  $ tracing export latest --output trace.json
  $ tracing export 0af7651916cd --format otlp --output trace.otlp.json
  $ tracing export 0af7651916cd --format otlp | curl -sS http://localhost:4318/v1/traces -H 'content-type: application/json' -d @-
`;
