import type { Command } from "commander";
import { cellWidth, padCells } from "../../render/cell-text.ts";
import { createPalette } from "../../render/palette.ts";
import type { CommandContext } from "../command.ts";
import type { Finding } from "../doctor/finding.ts";
import { EXIT_FAILED, EXIT_OK } from "../exit-code.ts";
import { type CliIo, wantsColor, writeJson, writeLine } from "../io.ts";
import { type CommonFlags, withCommonFlags } from "../store-flags.ts";

/** `tracing doctor`: what is wrong, and how to mend it. */
export function addDoctorCommand(program: Command, { io, exitWith }: CommandContext): void {
  const command = program
    .command("doctor")
    .summary("check what tracing depends on")
    .description(
      "Check configuration, connection, key, schema, spool, clock and packages; say how to mend what is wrong.",
    );

  withCommonFlags(command)
    .addHelpText("after", HELP)
    .action(async (flags: CommonFlags) => {
      const { withExamination, examineAll } = await import("../doctor/index.ts");
      const findings = await withExamination(flags, io, examineAll);
      const failed = findings.some((finding) => finding.status === "fail");
      if (flags.json) writeJson(io.stdout, { ok: !failed, findings });
      else for (const line of toLines(findings, io)) writeLine(io.stdout, line);
      exitWith(failed ? EXIT_FAILED : EXIT_OK);
    });
}

function toLines(findings: readonly Finding[], io: CliIo): string[] {
  const palette = createPalette(wantsColor(io.stdout, io.env));
  const paint = { ok: palette.good, warn: palette.caution, fail: palette.bad };
  const checkWidth = findings.reduce((width, { check }) => Math.max(width, cellWidth(check)), 0);
  const indent = " ".repeat(6 + checkWidth + 2);
  return findings.flatMap(({ check, status, message, cure }) => [
    `${paint[status](padCells(status, 4))}  ${palette.strong(padCells(check, checkWidth))}  ${message}`,
    ...(cure ? [`${indent}${palette.note("mend:")} ${cure}`] : []),
  ]);
}

const HELP = `
Exits with 0 when nothing fails, with 1 when something does; warnings alone are 0.

Examples:
  $ tracing doctor
  $ tracing doctor --json | jq '.findings[] | select(.status != "ok")'
`;
