import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Check, type Finding, found, ok } from "./finding.ts";
import { findInstalledPackage, type InstalledPackage } from "./installed-package.ts";

const API = "@opentelemetry/api";
const SDK = "@opentelemetry/sdk-trace-base";
const LIBRARY = "@app/tracing";

/** Packages that register a provider and a context manager of their own when a service starts them. */
const OWNERS: readonly string[] = [
  ...["@opentelemetry/sdk-node", "@sentry/node", "@vercel/otel", "@azure/monitor-opentelemetry"],
  ...["@honeycombio/opentelemetry-node", "@splunk/otel", "@elastic/opentelemetry-node"],
  ...["@traceloop/node-server-sdk", "@appsignal/nodejs", "logfire"],
];

/** Whether this library, the service and what it uses share one OpenTelemetry API, which is how they see each other's spans. */
export const openTelemetryCheck: Check = {
  name: "opentelemetry",
  examine({ io }) {
    const [ours, ...others] = findCopies(io.directory);
    if (!ours) return [found(this.name, "api-missing", {})];
    const findings: Finding[] = [];
    if (others.some(({ version }) => version !== ours.version)) {
      findings.push(found(this.name, "api-versions", { copies: [ours, ...others].map(toText).join(", ") }));
    } else if (others.length > 0) {
      const text = `${others.length + 1} copies of ${API}, all of version ${ours.version}, which find each other.`;
      findings.push(ok(this.name, text));
    } else findings.push(ok(this.name, `One copy of ${API}, version ${ours.version}.`));
    const sdk = findInstalledPackage(SDK, join(io.directory, "package.json"));
    if (sdk && Number.parseInt(sdk.version, 10) < 2)
      findings.push(found(this.name, "sdk-too-old", { version: sdk.version }));
    return findings;
  },
};

/** Who sets OpenTelemetry up in the service here. That it then works, only the service itself can tell. */
export const contextOwnersCheck: Check = {
  name: "context",
  examine({ io }) {
    const owners = dependenciesOf(io.directory).filter((name) => OWNERS.includes(name));
    const [owner] = owners;
    if (owner === undefined) return [];
    if (owners.length > 1) return [found(this.name, "sdks-compete", { packages: listed(owners) })];
    return [
      ok(
        this.name,
        `${owner} sets OpenTelemetry up; in the service, \`await checkContext()\` tells whether runs find their context.`,
      ),
    ];
  },
};

interface Copy extends InstalledPackage {
  users: string[];
}

/** Each copy with who uses it: ours, the service's, and those of the packages that the service names. */
function findCopies(directory: string): Copy[] {
  const manifest = join(directory, "package.json");
  const copies = new Map<string, Copy>();
  const note = (user: string, copy: InstalledPackage | undefined) => {
    if (!copy) return;
    const known = copies.get(copy.directory);
    if (known) known.users.push(user);
    else copies.set(copy.directory, { ...copy, users: [user] });
  };
  note(LIBRARY, findInstalledPackage(API, import.meta.url));
  if (copies.size === 0) return [];
  note("the service", findInstalledPackage(API, manifest));
  for (const name of dependenciesOf(directory)) {
    const user = name === LIBRARY ? undefined : findInstalledPackage(name, manifest);
    if (user) note(name, findInstalledPackage(API, join(user.directory, "package.json")));
  }
  return [...copies.values()];
}

function dependenciesOf(directory: string): string[] {
  let manifest: { dependencies?: object; optionalDependencies?: object };
  try {
    manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as typeof manifest;
  } catch {
    return []; // The command may be run anywhere.
  }
  return Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
}

function toText({ version, directory, users }: Copy): string {
  const [first = "", second] = users;
  const more = users.length > 2 ? ` and ${users.length - 1} others` : second ? ` and ${second}` : "";
  return `${version} in ${directory} (of ${first}${more})`;
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
