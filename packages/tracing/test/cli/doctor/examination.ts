import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Check, Examination, Finding } from "../../../src/cli/doctor/finding.ts";

/** A directory that goes with the test. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), "tracing-doctor-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** What a check finds where nothing is configured, except for what is given. */
export async function examine(
  check: Check,
  given: Partial<Examination> & { directory?: string } = {},
): Promise<Finding[]> {
  const { directory = process.cwd(), ...examination } = given;
  const silent = { write: () => undefined };
  return check.examine({
    io: { stdout: silent, stderr: silent, env: {}, directory, now: () => new Date() },
    options: undefined,
    optionsError: undefined,
    store: undefined,
    openError: undefined,
    spoolDir: join(directory, "spool"),
    otlpSpoolDir: join(directory, "spool-otlp"),
    noStore: undefined,
    otlp: undefined,
    otlpError: undefined,
    ...examination,
  });
}

export function failed(findings: readonly Finding[]): Finding[] {
  return findings.filter((finding) => finding.status === "fail");
}

export function warned(findings: readonly Finding[]): Finding[] {
  return findings.filter((finding) => finding.status === "warn");
}
