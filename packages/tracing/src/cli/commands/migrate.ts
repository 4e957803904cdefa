import type { Command } from "commander";
import type { CommandContext } from "../command.ts";
import { type CommonFlags, withCommonFlags } from "../store-flags.ts";
import { withStore } from "../store-session.ts";

interface MigrateFlags extends CommonFlags {
  dryRun?: boolean;
}

/** `tracing migrate`: makes the schema what this version of the library needs. */
export function addMigrateCommand(program: Command, { io }: CommandContext): void {
  const command = program
    .command("migrate")
    .summary("create or update the schema in the store")
    .description(
      "Create the tracing schema in the configured store, or bring it up to date. Running it again is harmless.",
    )
    .option("--dry-run", "list what would be applied, and apply nothing");

  withCommonFlags(command)
    .addHelpText("after", HELP)
    .action(async (flags: MigrateFlags) => {
      await withStore(flags, io, async () => undefined);
    });
}

const HELP = `
Examples:
  $ tracing migrate --dry-run
  $ tracing migrate --database-url postgres://localhost/app
`;
