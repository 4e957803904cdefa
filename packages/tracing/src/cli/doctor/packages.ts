import type { StoreKind } from "../store-trouble.ts";
import { type Check, type Finding, found, ok } from "./finding.ts";
import { findInstalledPackage } from "./installed-package.ts";

/** Who needs an optional package. */
type User = StoreKind | "otlp";

const PEERS: readonly { name: string; users: readonly User[] }[] = [
  // The embedded store is spoken to through the InsForge SDK.
  { name: "@insforge/sdk", users: ["insforge", "embedded"] },
  { name: "pg", users: ["postgres"] },
  { name: "@electric-sql/pglite", users: ["embedded"] },
  { name: "@opentelemetry/otlp-transformer", users: ["otlp"] },
];

/** Optional packages: those that the configured store and OTLP need, and which others are there. */
export const peersCheck: Check = {
  name: "packages",
  examine({ options, noStore, otlp }) {
    const users: User[] = otlp ? ["otlp"] : [];
    if (options && noStore === undefined) users.unshift(options.store.kind);
    const peers = PEERS.map((peer) => ({ ...peer, found: findInstalledPackage(peer.name, import.meta.url) }));
    const absent = peers.filter(({ found }) => !found);
    const isMissing = (peer: (typeof peers)[number]) => peer.users.some((user) => users.includes(user));
    const missing = absent
      .filter(isMissing)
      .map(({ name }) => name)
      .join(" ");
    const findings: Finding[] = [];
    for (const user of users) {
      const names = absent.filter((peer) => peer.users.includes(user)).map(({ name }) => name);
      if (names.length === 0) continue;
      const are = names.length === 1 ? "is" : "are";
      const packages = names.join(" and ");
      findings.push(found(this.name, "package-missing", { user: subject(user), packages, are, missing }));
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
