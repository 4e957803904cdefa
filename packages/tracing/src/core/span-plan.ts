import { type Attributes, SpanKind } from "@opentelemetry/api";
import { GEN_AI, TRACING } from "../conventions/attributes.ts";
import { invalidOption } from "./errors.ts";
import type { ResultReader } from "./span-ending.ts";

const KINDS = ["agent", "llm", "tool", "retrieval", "step"] as const;

/** What a traced function is. */
export type TracedSpanKind = (typeof KINDS)[number];

/** Reads the arguments of a call; may declare the types it expects of them. */
export type ArgumentsReader<R> = { read(args: readonly unknown[]): R }["read"];

/** What a span is, and what it keeps of a call. */
export interface TracedSpanOptions {
  /** @default what the name begins with (`agent:`, `llm:`, `tool:`, `retrieval:`), else `step` */
  kind?: TracedSpanKind | undefined;
  /** Whether the arguments are captured, or a function of the array of them that returns what is. @default true */
  captureInput?: boolean | ArgumentsReader<unknown> | undefined;
  /**
   * Whether the result is captured, or a function of it that returns what is. For an iteration the result is what it
   * returned, else the array of its first 1,000 items. @default true
   */
  captureOutput?: boolean | ResultReader | undefined;
  /** Further attributes, or a function of the array of arguments that returns them. */
  attributes?: Attributes | ArgumentsReader<Attributes> | undefined;
  /** Opens a trace, named like the span, where there is none. @default false: outside of a trace nothing is recorded */
  root?: boolean | undefined;
}

/** The options of one decorated function, settled once. */
export interface SpanPlan {
  readonly name: string;
  readonly kind: TracedSpanKind;
  readonly spanKind: SpanKind;
  /** Known before any call. */
  readonly base: Attributes;
  readonly options: TracedSpanOptions;
}

/** @throws {TracingError} `invalid-option` */
export function checkSpanOptions(name: unknown, options: TracedSpanOptions): void {
  if (name !== undefined && (typeof name !== "string" || name.trim() === "")) {
    throw invalidOption("name", name, 'a non-empty string, as in @tracedSpan("agent:trainer")');
  }
  if (typeof options !== "object" || options === null) throw invalidOption("options", options, "an object");
  if (options.kind !== undefined && !KINDS.includes(options.kind)) {
    throw invalidOption("kind", options.kind, KINDS.join(", "));
  }
  for (const option of ["captureInput", "captureOutput"] as const) {
    if (!["undefined", "boolean", "function"].includes(typeof options[option])) {
      throw invalidOption(option, options[option], "a boolean or a function");
    }
  }
}

export function planSpan(
  name: string | undefined,
  functionName: string,
  options: TracedSpanOptions,
): SpanPlan {
  const kind = options.kind ?? prefixOf(name) ?? "step";
  const fullName = name ?? `${kind}:${functionName || "anonymous"}`;
  const shortName = prefixOf(fullName) === kind ? fullName.slice(kind.length + 1) : fullName;
  return {
    name: fullName,
    kind,
    spanKind: kind === "llm" ? SpanKind.CLIENT : SpanKind.INTERNAL,
    base: { [TRACING.SPAN_KIND]: kind, ...operationOf(kind, shortName) },
    options,
  };
}

function prefixOf(name: string | undefined): TracedSpanKind | undefined {
  return KINDS.find((kind) => name?.startsWith(`${kind}:`) && name.length > kind.length + 1);
}

/** A model call's operation is stated when its generation is recorded, so that a wrapper never counts as one. */
function operationOf(kind: TracedSpanKind, name: string): Attributes {
  if (kind === "agent") return { [GEN_AI.OPERATION_NAME]: "invoke_agent", [GEN_AI.AGENT_NAME]: name };
  if (kind === "tool") return { [GEN_AI.OPERATION_NAME]: "execute_tool", [GEN_AI.TOOL_NAME]: name };
  return {};
}
