import { join } from "node:path";
import { installCommand } from "../../core/errors.ts";
import type { StoreKind } from "../store-trouble.ts";
import { type Check, type Finding, fail, ok, warn } from "./finding.ts";
import { findInstalledPackage } from "./installed-package.ts";

const OTEL_API = "@opentelemetry/api";
const OTEL_SDK = "@opentelemetry/sdk-trace-base";

const PEERS: readonly { name: string; kind: StoreKind }[] = [
  { name: "@insforge/sdk", kind: "insforge" },
  { name: "pg", kind: "postgres" },
  { name: "@electric-sql/pglite", kind: "embedded" },
];

/** Whether this library and the service it runs in share one OpenTelemetry API, which is how they see each other's spans. */
export const openTelemetryCheck: Check = {
  name: "opentelemetry",
  examine({ io }) {
    const from = join(io.directory, "package.json");
    const ours = findInstalledPackage(OTEL_API, import.meta.url);
    const theirs = findInstalledPackage(OTEL_API, from);
    if (!ours) {
      return [fail(this.name, `${OTEL_API} is not installed.`, installCommand([OTEL_API]))];
    }
    const findings: Finding[] = [];
    if (theirs && theirs.directory !== ours.directory) {
      findings.push(
        warn(
          this.name,
          `There are two copies of ${OTEL_API}: ${ours.version} in ${ours.directory} and ${theirs.version} in ${theirs.directory}.`,
          `Bring both to one version (\`npm dedupe\`, or an override of ${OTEL_API}): with two copies, spans can be off without a word.`,
        ),
      );
    } else findings.push(ok(this.name, `One copy of ${OTEL_API}, version ${ours.version}.`));
    const sdk = findInstalledPackage(OTEL_SDK, from);
    if (sdk && Number.parseInt(sdk.version, 10) < 2) {
      findings.push(
        warn(
          this.name,
          `The service here uses ${OTEL_SDK} ${sdk.version}, whose spans TraceCollector does not fully understand.`,
          "Upgrade the OpenTelemetry SDK to 2.x.",
        ),
      );
    }
    return findings;
  },
};

/** Optional packages: the one that the configured store needs, and which others are there. */
export const peersCheck: Check = {
  name: "packages",
  examine({ options }) {
    const kind = options?.store.kind;
    const installed: string[] = [];
    const absent: string[] = [];
    const missing: string[] = [];
    for (const peer of PEERS) {
      const found = findInstalledPackage(peer.name, import.meta.url);
      if (found) installed.push(`${peer.name} ${found.version}`);
      else (needs(kind, peer.name) ? missing : absent).push(peer.name);
    }
    const findings: Finding[] = [];
    if (missing.length > 0) {
      const store = kind === "embedded" ? "The embedded store" : "The configured store";
      const names = `${missing.join(" and ")}, which ${missing.length === 1 ? "is" : "are"} not installed`;
      findings.push(fail(this.name, `${store} needs ${names}.`, installCommand(missing)));
    }
    const summary = [
      installed.length > 0 ? `Installed: ${installed.join(", ")}.` : "No optional package is installed.",
      absent.length > 0 ? `Not needed here: ${absent.join(", ")}.` : "",
    ];
    return [...findings, ok(this.name, summary.filter(Boolean).join(" "))];
  },
};

function needs(kind: StoreKind | undefined, name: string): boolean {
  // The embedded store is spoken to through the InsForge SDK.
  if (kind === "embedded") return name === "@electric-sql/pglite" || name === "@insforge/sdk";
  return PEERS.some((peer) => peer.kind === kind && peer.name === name);
}
