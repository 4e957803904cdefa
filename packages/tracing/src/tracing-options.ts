import {
  CaptureOptionError,
  type CaptureOptions,
  type CaptureSettings,
  resolveCaptureSettings,
} from "./capture/settings.ts";
import { DELIVERY_OPTIONS, type TraceCollectorOptions } from "./collector/collector-options.ts";
import { harmless, type Logger, stderrLogger, withoutRepeats } from "./collector/logger.ts";
import { resolveSampling, type SamplingOptions } from "./collector/sampling.ts";
import { invalidOption, requireKnownOptions, TracingError } from "./core/errors.ts";
import type { OpenStore } from "./open-store.ts";
import { type OtlpOptions, type ResolvedOtlpOptions, resolveOtlpOptions } from "./otlp/otlp-options.ts";
import {
  given,
  type ResolvedStoreOptions,
  resolveStoreOptions,
  STORE_OPTIONS,
  type StoreOptions,
} from "./store-options.ts";

export {
  type ResolvedStoreOptions,
  resolveStoreOptions,
  type StoreChoice,
  type StoreOptions,
} from "./store-options.ts";

type DeliveryOptions = Pick<TraceCollectorOptions, (typeof DELIVERY_OPTIONS)[number]>;

/** What {@link startTracing} can be told; all of it is optional. */
export interface StartTracingOptions extends StoreOptions {
  /** The service's name on every trace. @default `OTEL_SERVICE_NAME`, else `unknown_service` */
  serviceName?: string;
  /** What is kept of inputs and outputs, and what is redacted. @default 50 KB a value; `TRACING_CAPTURE_CONTENT` */
  capture?: CaptureOptions;
  /**
   * Also registers provider, context manager and W3C propagator with the OpenTelemetry API, so that other instrumentation
   * lands in the same traces; what another SDK has registered stays, and is named in a warning. @default false: other SDKs
   * in the process and this one do not see each other
   */
  global?: boolean;
  /**
   * Where a durable copy of every span goes over OTLP, with a spool of its own; false for nowhere.
   * @default the `OTEL_EXPORTER_OTLP_*` variables; without an endpoint in them, nowhere
   */
  otlp?: OtlpOptions | false;
  /**
   * What {@link openStore} opened, for a service that keeps data of its own in it: it is used instead of the options
   * above, and stays open at shutdown. `"none"` keeps no traces, and sends them over OTLP only; `repo` cannot be asked
   * then. @default `TRACING_STORE`, else a store that the options above and the environment name
   */
  store?: "none" | OpenStore;
  /** Which traces are kept, decided when a trace ends. @default all of them */
  sampling?: SamplingOptions;
  /** Buffering and delivery. */
  collector?: DeliveryOptions;
  /** @default lines on standard error */
  logger?: Logger;
}

export interface ResolvedTracingOptions {
  readonly store: ResolvedStoreOptions;
  /** Whether traces are kept in that store; otherwise `otlp` is given. */
  readonly keepsTraces: boolean;
  /** A store that somebody else opened, and closes. */
  readonly given: OpenStore | undefined;
  readonly otlp: ResolvedOtlpOptions | undefined;
  readonly serviceName: string;
  readonly capture: CaptureSettings;
  readonly global: boolean;
  readonly sampling: SamplingOptions | undefined;
  readonly collector: DeliveryOptions;
  readonly logger: Logger;
}

const TRACING_OPTIONS: readonly (keyof StartTracingOptions)[] = [
  "serviceName",
  ...STORE_OPTIONS,
  "capture",
  "global",
  "otlp",
  "store",
  "sampling",
  "collector",
  "logger",
];
const CAPTURE_OPTIONS: readonly (keyof CaptureOptions)[] = ["content", "maxBytes", "redact"];
const REDACT_OPTIONS: readonly string[] = ["names", "patterns", "hook"];

/**
 * Settles code, then environment, then defaults.
 *
 * @throws {TracingError} `invalid-option`, naming the option or variable, what it holds and what is accepted.
 */
export function resolveTracingOptions(
  options: StartTracingOptions,
  env: NodeJS.ProcessEnv = process.env,
): ResolvedTracingOptions {
  requireObject("options", options);
  requireKnownOptions("", options, TRACING_OPTIONS);
  const { global = false, collector = {} } = options;
  if (typeof global !== "boolean") throw invalidOption("global", global, "true or false");
  requireObject("collector", collector);
  requireKnownOptions("collector.", collector, DELIVERY_OPTIONS);
  if (options.sampling !== undefined) resolveSampling(options.sampling);
  const otlp = resolveOtlpOptions(options.otlp, env);
  return Object.freeze({
    store: resolveStoreOptions(options, env),
    keepsTraces: resolveKeepsTraces(options, otlp, env),
    given: typeof options.store === "object" ? options.store : undefined,
    otlp,
    serviceName: resolveServiceName(options, env),
    capture: resolveCapture(options, env),
    global,
    sampling: options.sampling,
    collector,
    logger: resolveLogger(options),
  });
}

function resolveKeepsTraces(
  options: StartTracingOptions,
  otlp: ResolvedOtlpOptions | undefined,
  env: NodeJS.ProcessEnv,
): boolean {
  const name = sourceOfNoStore(options, env);
  if (name === undefined) return true;
  if (otlp) return false;
  throw new TracingError("invalid-option", `${name} is "none", and traces are sent nowhere else.`, {
    hint: "Set OTEL_EXPORTER_OTLP_ENDPOINT.",
  });
}

/** The option or variable that says no traces are kept; undefined when they are. @throws {TracingError} `invalid-option` */
export function sourceOfNoStore(
  options: Pick<StartTracingOptions, "store">,
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const [name, store] =
    options.store === undefined ? ["TRACING_STORE", given(env.TRACING_STORE)] : ["store", options.store];
  if (store === undefined || isOpenStore(store)) return undefined;
  if (store === "none") return name;
  const what = name === "store" ? "what openStore() resolved to, " : "";
  throw invalidOption(name, store, `${what}"none", or nothing for the store that is configured`);
}

function isOpenStore(store: unknown): store is OpenStore {
  return typeof store === "object" && store !== null && "client" in store && "repo" in store;
}

function resolveServiceName({ serviceName }: StartTracingOptions, env: NodeJS.ProcessEnv): string {
  if (serviceName !== undefined && (typeof serviceName !== "string" || serviceName.trim() === "")) {
    throw invalidOption("serviceName", serviceName, "a non-empty text");
  }
  return serviceName ?? given(env.OTEL_SERVICE_NAME) ?? "unknown_service";
}

function resolveCapture({ capture = {} }: StartTracingOptions, env: NodeJS.ProcessEnv): CaptureSettings {
  requireObject("capture", capture);
  requireKnownOptions("capture.", capture, CAPTURE_OPTIONS);
  if (typeof capture.redact === "object" && capture.redact !== null) {
    requireKnownOptions("capture.redact.", capture.redact, REDACT_OPTIONS);
  }
  try {
    return resolveCaptureSettings(capture, env);
  } catch (error) {
    if (error instanceof CaptureOptionError)
      throw invalidOption(error.option, error.received, error.accepted);
    throw error;
  }
}

function resolveLogger({ logger = stderrLogger }: StartTracingOptions): Logger {
  for (const method of ["info", "warn"] as const) {
    if (typeof logger?.[method] !== "function") {
      throw invalidOption("logger", logger, "an object with info(message) and warn(message)");
    }
  }
  return withoutRepeats(harmless(logger));
}

function requireObject(name: string, value: unknown): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidOption(name, value, "an object");
  }
}
