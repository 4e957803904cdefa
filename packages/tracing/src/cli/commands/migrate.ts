import type { Command } from "commander";
import { createPalette } from "../../render/palette.ts";
import { type Migration, type MigrationReport, migrate, planMigrations } from "../../store/migrator.ts";
import type { CommandContext } from "../command.ts";
import { type CliIo, wantsColor, writeJson, writeLine } from "../io.ts";
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
        const dryRun = flags.dryRun ?? false;
        const report = dryRun ? await planMigrations(migrations) : await migrate(migrations);
        if (flags.json) writeJson(io.stdout, toJson(report, dryRun));
        else tell(report, dryRun, description, io);
      });
    });
}

function tell(report: MigrationReport, dryRun: boolean, description: string, io: CliIo): void {
  const palette = createPalette(wantsColor(io.stdout, io.env));
  const line = (verb: string, { version, name }: Migration) => `${verb}  ${version} ${name}`;
  writeLine(io.stdout, `Store: ${description}`);
  for (const migration of report.alreadyThere) {
    writeLine(io.stdout, palette.quiet(line("already there", migration)));
  }
  for (const migration of report.applied) {
    writeLine(
      io.stdout,
      dryRun ? line("would apply  ", migration) : palette.good(line("applied      ", migration)),
    );
  }
  const changed = report.applied.length > 0;
  if (dryRun) writeLine(io.stdout, changed ? "Nothing has been changed." : "There is nothing to apply.");
  else writeLine(io.stdout, `The schema ${changed ? "now has" : "has"} version ${report.version}.`);
}

function toJson({ applied, alreadyThere, version }: MigrationReport, dryRun: boolean) {
  const brief = (migrations: readonly Migration[]) =>
    migrations.map(({ version, name }) => ({ version, name }));
  return { dryRun, applied: brief(applied), alreadyThere: brief(alreadyThere), version };
}

const HELP = `
Examples:
  $ tracing migrate --dry-run
  $ tracing migrate --database-url postgres://localhost/app
`;
