import type { Command } from "commander";
import { type Migration, type MigrationReport, migrate, planMigrations } from "../../store/migrator.ts";
import type { CommandContext } from "../command.ts";
import { writeLine } from "../io.ts";
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
      await withStore(flags, io, async ({ migrations, description }) => {
        const report = flags.dryRun ? await planMigrations(migrations) : await migrate(migrations);
        if (flags.json) return writeLine(io.stdout, JSON.stringify(toJson(report)));
        for (const { version, name } of report.applied) {
          writeLine(io.stdout, `${flags.dryRun ? "would apply" : "applied"} ${version} ${name}`);
        }
        const rest = flags.dryRun ? "" : `; the schema has version ${report.version}`;
        writeLine(io.stdout, `${description}: ${report.alreadyThere.length} already there${rest}.`);
      });
    });
}

function toJson({ applied, alreadyThere, version }: MigrationReport) {
  const brief = (migrations: readonly Migration[]) =>
    migrations.map(({ version, name }) => ({ version, name }));
  return { applied: brief(applied), alreadyThere: brief(alreadyThere), version };
}

const HELP = `
Examples:
  $ tracing migrate --dry-run
  $ tracing migrate --database-url postgres://localhost/app
`;
