import { TracingError } from "../../core/errors.ts";
import { toTracingTrouble } from "../store-trouble.ts";
import { type Check, type Examination, type Finding, found, ok } from "./finding.ts";

const PREFIX = "OTEL_EXPORTER_OTLP_";
/** Of these each exists for all signals, and for each alone. */
const NAMES = [
  ...["ENDPOINT", "HEADERS", "TIMEOUT", "COMPRESSION", "PROTOCOL"],
  ...["CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"],
];
/** Known too, and of no meaning for traces over HTTP. */
const OTHER_NAMES = [
  ...["INSECURE", "METRICS_TEMPORALITY_PREFERENCE", "METRICS_DEFAULT_HISTOGRAM_AGGREGATION"],
  ...["SPAN_INSECURE", "METRIC_INSECURE", "TRACES_INSECURE", "METRICS_INSECURE", "LOGS_INSECURE"],
];
const SIGNALS = ["", "TRACES_", "METRICS_", "LOGS_", "PROFILES_"];
const KNOWN: ReadonlySet<string> = new Set([
  ...SIGNALS.flatMap((signal) => NAMES.map((name) => `${PREFIX}${signal}${name}`)),
  ...OTHER_NAMES.map((name) => `${PREFIX}${name}`),
]);

/** Whether traces are sent over OTLP, and whether the variables that say where can be understood. */
export const otlpCheck: Check = {
  name: "otlp",
  examine({ io, noStore, otlp, otlpError }) {
    const names = Object.keys(io.env).filter((name) => name.startsWith(PREFIX) && io.env[name]?.trim());
    const unknown = names
      .filter((name) => !KNOWN.has(name))
      .map((variable) => found(this.name, "otlp-variable-unknown", { variable, names: NAMES.join(", ") }));
    if (otlpError !== undefined) return [explain(this.name, otlpError), ...unknown];
    if (!otlp) return [...unknown, ...withoutEndpoint(this.name, io, names)];
    const what = noStore === undefined ? "A copy of every trace goes" : "All traces go";
    // Only the origin: the rest of an address may hold a key.
    return [ok(this.name, `${what} to ${new URL(otlp.url).origin}, as ${otlp.protocol}.`), ...unknown];
  },
};

function explain(check: string, error: unknown): Finding {
  if (!(error instanceof TracingError)) throw error;
  const { message, cure } = toTracingTrouble(error);
  const otherwise = "Correct it, or unset it: the service does not start with it.";
  return found(check, "otlp-invalid", { problem: message, cure: cure || otherwise });
}

/** What was set up for traces and then leads nowhere, unless it was switched off on purpose. */
function withoutEndpoint(check: string, { env }: Examination["io"], names: readonly string[]): Finding[] {
  if (env.OTEL_TRACES_EXPORTER?.trim() === "none") return [];
  const forTraces = names.filter((name) =>
    ["", "TRACES_"].some((signal) => NAMES.some((last) => name === `${PREFIX}${signal}${last}`)),
  );
  return forTraces.map((variable) => found(check, "otlp-without-endpoint", { variable }));
}
