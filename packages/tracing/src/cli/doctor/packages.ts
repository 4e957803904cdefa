import { join } from "node:path";
import { installCommand } from "../../core/errors.ts";
import type { StoreKind } from "../store-trouble.ts";
import { type Check, type Finding, fail, ok, warn } from "./finding.ts";
import { findInstalledPackage } from "./installed-package.ts";

const OTEL_API = "@opentelemetry/api";
const OTEL_SDK = "@opentelemetry/sdk-trace-base";

/** Who needs an optional package. */
type User = StoreKind | "otlp";

const PEERS: readonly { name: string; users: readonly User[] }[] = [
  // The embedded store is spoken to through the InsForge SDK.
  { name: "@insforge/sdk", users: ["insforge", "embedded"] },
  { name: "pg", users: ["postgres"] },
  { name: "@electric-sql/pglite", users: ["embedded"] },
  { name: "@opentelemetry/otlp-transformer", users: ["otlp"] },
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

/** Optional packages: those that the configured store and OTLP need, and which others are there. */
export const peersCheck: Check = {
  name: "packages",
  examine({ options, noStore, otlp }) {
    const users: User[] = otlp ? ["otlp"] : [];
    if (options && noStore === undefined) users.unshift(options.store.kind);
    const peers = PEERS.map((peer) => ({ ...peer, found: findInstalledPackage(peer.name, import.meta.url) }));
    const absent = peers.filter(({ found }) => !found);
    const isMissing = (peer: (typeof peers)[number]) => peer.users.some((user) => users.includes(user));
    const cure = installCommand(absent.filter(isMissing).map(({ name }) => name));
    const findings: Finding[] = [];
    for (const user of users) {
      const names = absent.filter((peer) => peer.users.includes(user)).map(({ name }) => name);
      if (names.length === 0) continue;
      const which = names.length === 1 ? "which is" : "which are";
      findings.push(
        fail(this.name, `${subject(user)} needs ${names.join(" and ")}, ${which} not installed.`, cure),
      );
    }
    const installed = peers.flatMap(({ name, found }) => (found ? `${name} ${found.version}` : []));
    const unneeded = absent.filter((peer) => !isMissing(peer)).map(({ name }) => name);
    const summary = [
      installed.length > 0 ? `Installed: ${installed.join(", ")}.` : "No optional package is installed.",
      unneeded.length > 0 ? `Not needed here: ${unneeded.join(", ")}.` : "",
    ];
    return [...findings, ok(this.name, summary.filter(Boolean).join(" "))];
  },
};

function subject(user: User): string {
  if (user === "otlp") return "Sending traces over OTLP";
  return user === "embedded" ? "The embedded store" : "The configured store";
}
