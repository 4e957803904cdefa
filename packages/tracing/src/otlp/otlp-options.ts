import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { invalidOption, requireKnownOptions, TracingError } from "../core/errors.ts";
import { parsePairs } from "./pairs.ts";

/** How requests are encoded; gRPC is not spoken. */
export type OtlpProtocol = "http/protobuf" | "http/json";

/**
 * Where spans go over OTLP. The environment is asked after the code, `OTEL_EXPORTER_OTLP_TRACES_*` before
 * `OTEL_EXPORTER_OTLP_*`; certificates are named by the environment only (`..._CERTIFICATE`, `..._CLIENT_CERTIFICATE`,
 * `..._CLIENT_KEY`).
 *
 * Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export interface OtlpOptions {
  /**
   * The whole address that spans are posted to, its path included.
   * @default `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, else `OTEL_EXPORTER_OTLP_ENDPOINT` with `/v1/traces` appended, else
   * `http://localhost:4318/v1/traces`
   */
  url?: string;
  /** Sent with every request, beside those that the environment names. @default `..._HEADERS`, as `name=value,name=value` */
  headers?: Readonly<Record<string, string>>;
  /** Milliseconds that a request waits for its answer. @default `..._TIMEOUT`, else 10_000 */
  timeoutMs?: number;
  /** @default `..._COMPRESSION`, else "none" */
  compression?: "gzip" | "none";
  /** @default `..._PROTOCOL`, else "http/protobuf" */
  protocol?: OtlpProtocol;
}

export interface ResolvedOtlpOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly compression: "gzip" | "none";
  readonly protocol: OtlpProtocol;
  /** Attributes that every service's resource has; from `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly resource: Readonly<Record<string, string>>;
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
}

const OPTIONS: readonly (keyof OtlpOptions)[] = ["url", "headers", "timeoutMs", "compression", "protocol"];
const PROTOCOLS: readonly string[] = ["http/protobuf", "http/json"] satisfies OtlpProtocol[];
const COMPRESSIONS: readonly string[] = ["gzip", "none"];
const DEFAULT_URL = "http://localhost:4318/v1/traces";
const LONGEST_MS = 2 ** 31 - 1;
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * Whether spans are sent over OTLP, and how: undefined when nothing asks for it, `otlp` is false, or
 * `OTEL_TRACES_EXPORTER` is `none`.
 *
 * @throws {TracingError} `invalid-option`, naming the option or variable; header values are never repeated.
 */
export function resolveOtlpOptions(
  otlp: OtlpOptions | false | undefined,
  env: NodeJS.ProcessEnv = process.env,
): ResolvedOtlpOptions | undefined {
  if (otlp === false) return undefined;
  if (otlp === undefined && !asksForTraces(env)) return undefined;
  return resolveExporterOptions(otlp, env);
}

/** As {@link resolveOtlpOptions}, with everything at its default when nothing is configured. */
export function resolveExporterOptions(
  otlp: OtlpOptions = {},
  env: NodeJS.ProcessEnv = process.env,
): ResolvedOtlpOptions {
  if (typeof otlp !== "object" || otlp === null || Array.isArray(otlp)) {
    throw invalidOption(
      "otlp",
      otlp,
      "an object with url, headers, timeoutMs, compression, protocol; or false",
    );
  }
  requireKnownOptions("otlp.", otlp, OPTIONS);
  return Object.freeze({
    url: resolveUrl(otlp, env),
    headers: Object.freeze(resolveHeaders(otlp, env)),
    timeoutMs: resolveTimeout(otlp, env),
    compression: resolveChoice("compression", otlp, env, COMPRESSIONS, "none") as "gzip" | "none",
    protocol: resolveChoice("protocol", otlp, env, PROTOCOLS, "http/protobuf") as OtlpProtocol,
    resource: Object.freeze(parsePairs("OTEL_RESOURCE_ATTRIBUTES", env.OTEL_RESOURCE_ATTRIBUTES)),
    tls: Object.freeze({
      ...readPem("ca", "CERTIFICATE", env),
      ...readPem("cert", "CLIENT_CERTIFICATE", env),
      ...readPem("key", "CLIENT_KEY", env),
    }),
  });
}

function asksForTraces(env: NodeJS.ProcessEnv): boolean {
  return fromEnv("ENDPOINT", env) !== undefined && env.OTEL_TRACES_EXPORTER?.trim() !== "none";
}

/** The variable of the traces' own, else the one of all signals; an empty one counts as unset. */
function fromEnv(name: string, env: NodeJS.ProcessEnv): { variable: string; value: string } | undefined {
  for (const variable of [`OTEL_EXPORTER_OTLP_TRACES_${name}`, `OTEL_EXPORTER_OTLP_${name}`]) {
    const value = env[variable]?.trim();
    if (value) return { variable, value };
  }
  return undefined;
}

function resolveUrl({ url }: OtlpOptions, env: NodeJS.ProcessEnv): string {
  if (url !== undefined) return requireUrl("otlp.url", url);
  const given = fromEnv("ENDPOINT", env);
  if (!given) return DEFAULT_URL;
  const address = requireUrl(given.variable, given.value);
  return given.variable.includes("_TRACES_") ? address : `${address.replace(/\/+$/, "")}/v1/traces`;
}

/** An address may hold a password, so it is not repeated. */
function requireUrl(name: string, value: unknown): string {
  if (typeof value === "string" && /^https?:\/\//i.test(value) && URL.canParse(value)) return value;
  throw new TracingError(
    "invalid-option",
    `${name} is not an address that begins with http:// or https://.`,
    {
      hint: "For a collector on this machine it is http://localhost:4318.",
    },
  );
}

function resolveHeaders({ headers = {} }: OtlpOptions, env: NodeJS.ProcessEnv): Record<string, string> {
  if (typeof headers !== "object" || headers === null || Array.isArray(headers)) {
    throw invalidOption("otlp.headers", headers, "an object of texts");
  }
  const merged: Record<string, string> = {};
  const all = ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"].map(
    (variable) => [variable, parsePairs(variable, env[variable])] as const,
  );
  for (const [source, pairs] of [...all, ["otlp.headers", headers] as const]) {
    for (const [name, value] of Object.entries(pairs)) {
      if (!TOKEN.test(name) || typeof value !== "string" || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
        throw new TracingError("invalid-option", `${source} has a header that HTTP does not take.`, {
          hint: "Write name=value,name=value; what is special in a value is percent-encoded.",
        });
      }
      merged[name.toLowerCase()] = value;
    }
  }
  return merged;
}

function resolveTimeout({ timeoutMs }: OtlpOptions, env: NodeJS.ProcessEnv): number {
  const given = fromEnv("TIMEOUT", env);
  const [name, value] =
    timeoutMs !== undefined || !given
      ? ["otlp.timeoutMs", timeoutMs ?? 10_000]
      : [given.variable, Number(given.value)];
  if (Number.isSafeInteger(value) && value >= 1 && value <= LONGEST_MS) return value;
  throw invalidOption(name, value, `a whole number of milliseconds from 1 to ${LONGEST_MS}`);
}

function resolveChoice(
  name: "compression" | "protocol",
  otlp: OtlpOptions,
  env: NodeJS.ProcessEnv,
  accepted: readonly string[],
  fallback: string,
): string {
  const given = fromEnv(name.toUpperCase(), env);
  const fromCode = otlp[name];
  const [source, value] =
    fromCode !== undefined || !given
      ? [`otlp.${name}`, fromCode ?? fallback]
      : [given.variable, given.value.toLowerCase()];
  if (accepted.includes(value)) return value;
  const hint =
    value === "grpc" ? "; gRPC is not spoken: use the collector's HTTP port, which is 4318 by default" : "";
  throw invalidOption(source, value, accepted.join(" or ") + hint);
}

function readPem<Name extends string>(
  name: Name,
  suffix: string,
  env: NodeJS.ProcessEnv,
): Partial<Record<Name, Buffer>> {
  const given = fromEnv(suffix, env);
  if (!given) return {};
  try {
    return { [name]: readFileSync(resolve(given.value)) } as Record<Name, Buffer>;
  } catch (cause) {
    throw new TracingError("invalid-option", `${given.variable} names a file that cannot be read.`, {
      hint: "Name a PEM file.",
      cause,
    });
  }
}
