import { clockCheck } from "./clock.ts";
import { configurationCheck } from "./configuration.ts";
import { type Check, type Examination, type Finding, fail } from "./finding.ts";
import { otlpCheck } from "./otlp.ts";
import { openTelemetryCheck, peersCheck } from "./packages.ts";
import { otlpSpoolCheck, spoolContentCheck, spoolDirectoryCheck } from "./spool.ts";
import { connectionCheck, schemaCheck } from "./store.ts";

/** In the order they are told: what is at fault comes before what it causes. */
const CHECKS: readonly Check[] = [
  configurationCheck,
  otlpCheck,
  peersCheck,
  connectionCheck,
  schemaCheck,
  clockCheck,
  spoolDirectoryCheck,
  spoolContentCheck,
  otlpSpoolCheck,
  openTelemetryCheck,
];

/** Runs every check; one that breaks is a failed finding of its own and stops none of the others. */
export async function examineAll(examination: Examination): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of CHECKS) {
    try {
      findings.push(...(await check.examine(examination)));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      findings.push(
        fail(check.name, `This check broke off: ${reason}`, "Run it again with TRACING_DEBUG=1."),
      );
    }
  }
  return findings;
}
