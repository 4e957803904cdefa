import { CommanderError } from "commander";
import { TracingError } from "../core/errors.ts";
import { createPalette } from "../render/palette.ts";
import { StoreError } from "../store/store-client.ts";
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE, type ExitCode } from "./exit-code.ts";
import { type CliIo, wantsColor, writeLine } from "./io.ts";
import { type Trouble, toTracingTrouble } from "./store-trouble.ts";

/** Says on standard error what went wrong and what mends it, and returns how the process should exit. */
export function reportFailure(error: unknown, io: CliIo): ExitCode {
  // The parser has printed its own message, or help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  const { message, cure } = toMessage(error);
  const palette = createPalette(wantsColor(io.stderr, io.env));
  writeLine(io.stderr, `${palette.bad("error:")} ${message}`);
  if (cure) writeLine(io.stderr, `${palette.note("hint:")} ${cure}`);
  if (io.env.TRACING_DEBUG === "1") writeLine(io.stderr, stackOf(error));
  return error instanceof TracingError && error.code === "invalid-option" ? EXIT_USAGE : EXIT_FAILED;
}

function toMessage(error: unknown): Trouble {
  if (error instanceof TracingError) return toTracingTrouble(error);
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof StoreError) return { message, cure: "Run `tracing doctor`." };
  return { message, cure: "TRACING_DEBUG=1 shows where this comes from." };
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? String(error);
  return error.cause === undefined ? stack : `${stack}\ncaused by: ${stackOf(error.cause)}`;
}
