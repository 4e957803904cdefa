import { EXIT_OK, type ExitCode } from "./exit-code.ts";
import { reportFailure } from "./failure.ts";
import type { CliIo } from "./io.ts";
import { createProgram } from "./program.ts";

/**
 * Runs one command line (without `node` and the script) and resolves to its exit code; it never rejects and never ends
 * the process.
 */
export async function run(argv: readonly string[], io: CliIo): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT_OK;
  const program = createProgram({
    io,
    exitWith: (code) => {
      exitCode = code;
    },
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    return reportFailure(error, io);
  }
}
