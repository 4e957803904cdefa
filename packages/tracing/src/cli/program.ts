import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Command } from "commander";
import type { AddCommand, CommandContext } from "./command.ts";
import { addCompletionCommand } from "./commands/completion.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addErrorsCommand } from "./commands/errors.ts";
import { addExportCommand } from "./commands/export.ts";
import { addLsCommand } from "./commands/ls.ts";
import { addMigrateCommand } from "./commands/migrate.ts";
import { addPruneCommand } from "./commands/prune.ts";
import { addShowCommand } from "./commands/show.ts";
import { addSpoolCommand } from "./commands/spool.ts";
import { addStatsCommand } from "./commands/stats.ts";
import { addTailCommand } from "./commands/tail.ts";
import { outputWidth, wantsColor } from "./io.ts";

const COMMANDS: readonly AddCommand[] = [
  addMigrateCommand,
  addDoctorCommand,
  addLsCommand,
  addShowCommand,
  addTailCommand,
  addStatsCommand,
  addErrorsCommand,
  addPruneCommand,
  addExportCommand,
  addSpoolCommand,
  addCompletionCommand,
];

export function createProgram(context: CommandContext): Command {
  const { stdout, stderr, env } = context.io;
  const program = new Command("tracing")
    .description("Look at the traces of your LLM pipelines, and at what stores them.")
    .version(readVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => outputWidth(context.io) ?? 100,
      getErrHelpWidth: () => outputWidth({ ...context.io, stdout: stderr }) ?? 100,
      getOutHasColors: () => wantsColor(stdout, env),
      getErrHasColors: () => wantsColor(stderr, env),
    })
    .addHelpText("after", PROGRAM_HELP);
  for (const add of COMMANDS) add(program, context);
  sayWhatIsAccepted(program, "tracing");
  return program;
}

function sayWhatIsAccepted(command: Command, path: string): void {
  command.showHelpAfterError(`accepted: ${usageOf(command)}; see ${path} --help.`);
  for (const child of command.commands) sayWhatIsAccepted(child, `${path} ${child.name()}`);
}

/** What follows the command's name: other commands, or its arguments and the long form of its options. */
function usageOf(command: Command): string {
  if (command.commands.length > 0) return command.commands.map((child) => child.name()).join(", ");
  const words = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [...words, ...command.options.map((option) => option.long ?? option.flags)].join(", ");
}

function readVersion(): string {
  const path = createRequire(import.meta.url).resolve("@app/tracing/package.json");
  const manifest: { version: string } = JSON.parse(readFileSync(path, "utf8"));
  return manifest.version;
}

const PROGRAM_HELP = `
The store is the one your service uses: InsForge from INSFORGE_BASE_URL and INSFORGE_API_KEY, else PostgreSQL from
DATABASE_URL, else the embedded one in ./.data (TRACING_DATA_DIR, DATA_DIR).

Exit codes: 0 done, 1 failed or not found, 2 bad usage. TRACING_DEBUG=1 adds stack traces to errors.

Examples:
  $ tracing ls --since 2h --status error    what failed lately
  $ tracing show latest                     the newest trace as a tree
  $ tracing tail                            what happens, as it happens
  $ tracing doctor                          what is wrong, and how to mend it
`;
