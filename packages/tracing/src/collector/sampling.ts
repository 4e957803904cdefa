import { invalidOption, requireKnownOptions } from "../core/errors.ts";

/** Which traces are kept. What one condition keeps, no other takes away. */
export interface SamplingRule {
  /** Share of all traces that is kept, 0 to 1. @default 1 */
  ratio?: number;
  /** Keeps every trace in which a span has failed. @default true */
  keepErrors?: boolean;
  /** Keeps every trace that took at least so many milliseconds. @default none for its time */
  keepSlowerThanMs?: number;
  /** Keeps every trace that has one of these tags. @default none for its tags */
  keepTags?: readonly string[];
}

/** Which traces are kept, in general and by pipeline. */
export interface SamplingOptions extends SamplingRule {
  /** Rules for pipelines by name; what they leave out is as above. */
  pipelines?: Readonly<Record<string, SamplingRule>>;
}

export interface ResolvedSamplingRule {
  readonly ratio: number;
  readonly keepErrors: boolean;
  readonly keepSlowerThanMs: number;
  readonly keepTags: ReadonlySet<string>;
}

export interface ResolvedSampling {
  ruleFor(pipeline: string | undefined): ResolvedSamplingRule;
}

const RULE_OPTIONS = ["ratio", "keepErrors", "keepSlowerThanMs", "keepTags"] as const;

/** @throws {TracingError} `invalid-option`, naming the option, what it got and what it takes. */
export function resolveSampling(options: SamplingOptions): ResolvedSampling {
  const { pipelines = {}, ...rule } = requireObject("sampling", options);
  const general = resolveRule("sampling", rule, {
    ratio: 1,
    keepErrors: true,
    keepSlowerThanMs: Number.POSITIVE_INFINITY,
    keepTags: new Set(),
  });
  const byPipeline = new Map(
    Object.entries(requireObject("sampling.pipelines", pipelines)).map(([name, special]) => [
      name,
      resolveRule(`sampling.pipelines.${name}`, special, general),
    ]),
  );
  return { ruleFor: (pipeline) => (pipeline && byPipeline.get(pipeline)) || general };
}

const HEX_DIGITS = 13;

/**
 * Whether a trace is in the sample, by the last 52 bits of its id: every service that sees the trace comes to the same
 * answer, and a larger ratio keeps all that a smaller one does.
 *
 * Source: OpenTelemetry's consistent probability sampling, which reads the last 56 bits; these are as many as a number holds.
 */
export function isInSample(traceId: string, ratio: number): boolean {
  return Number.parseInt(traceId.slice(-HEX_DIGITS), 16) >= (1 - ratio) * 16 ** HEX_DIGITS;
}

function resolveRule(
  name: string,
  rule: SamplingRule,
  inherited: ResolvedSamplingRule,
): ResolvedSamplingRule {
  requireKnownOptions(`${name}.`, requireObject(name, rule), RULE_OPTIONS);
  const { ratio, keepErrors, keepSlowerThanMs, keepTags } = rule;
  if (ratio !== undefined && !(typeof ratio === "number" && ratio >= 0 && ratio <= 1)) {
    throw invalidOption(`${name}.ratio`, ratio, "a number from 0 to 1");
  }
  if (keepErrors !== undefined && typeof keepErrors !== "boolean") {
    throw invalidOption(`${name}.keepErrors`, keepErrors, "true or false");
  }
  if (keepSlowerThanMs !== undefined && !(typeof keepSlowerThanMs === "number" && keepSlowerThanMs >= 0)) {
    throw invalidOption(`${name}.keepSlowerThanMs`, keepSlowerThanMs, "milliseconds, 0 or more");
  }
  if (
    keepTags !== undefined &&
    !(Array.isArray(keepTags) && keepTags.every((tag) => typeof tag === "string"))
  ) {
    throw invalidOption(`${name}.keepTags`, keepTags, "an array of texts");
  }
  return {
    ratio: ratio ?? inherited.ratio,
    keepErrors: keepErrors ?? inherited.keepErrors,
    keepSlowerThanMs: keepSlowerThanMs ?? inherited.keepSlowerThanMs,
    keepTags: keepTags ? new Set(keepTags) : inherited.keepTags,
  };
}

function requireObject<T extends object>(name: string, value: T): T {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw invalidOption(name, value, "an object");
}
