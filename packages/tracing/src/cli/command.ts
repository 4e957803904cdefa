import type { Command } from "commander";
import type { ExitCode } from "./exit-code.ts";
import type { CliIo } from "./io.ts";

/** What a command is given besides its own options. */
export interface CommandContext {
  io: CliIo;
  /** How the process should exit when the command has come to its end. */
  exitWith(code: ExitCode): void;
}

/** Adds one command to the program. */
export type AddCommand = (program: Command, context: CommandContext) => void;
