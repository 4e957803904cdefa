import { captureCheck } from "./capture.ts";
import { clockCheck } from "./clock.ts";
import { configurationCheck } from "./configuration.ts";
import { type Check, type Examination, type Finding, found } from "./finding.ts";
import { contextOwnersCheck, openTelemetryCheck } from "./opentelemetry.ts";
import { otlpCheck } from "./otlp.ts";
import { otlpConnectionCheck } from "./otlp-connection.ts";
import { peersCheck } from "./packages.ts";
import { otlpSpoolCheck, spoolContentCheck } from "./spool.ts";
import { spoolDirectoryCheck } from "./spool-directory.ts";
import { connectionCheck, schemaCheck } from "./store.ts";

/** In the order they are told: what is at fault comes before what it causes. */
const CHECKS: readonly Check[] = [
  configurationCheck,
  captureCheck,
  otlpCheck,
  peersCheck,
  connectionCheck,
  schemaCheck,
  clockCheck,
  otlpConnectionCheck,
  spoolDirectoryCheck,
  spoolContentCheck,
  otlpSpoolCheck,
  openTelemetryCheck,
  contextOwnersCheck,
];

/** Runs every check; one that breaks is a failed finding of its own and stops none of the others. */
export async function examineAll(examination: Examination): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of CHECKS) {
    try {
      findings.push(...(await check.examine(examination)));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      findings.push(found(check.name, "check-broke-off", { reason }));
    }
  }
  return findings;
}
