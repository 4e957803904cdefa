import { type Context, trace } from "@opentelemetry/api";
import { traceOf } from "../core/trace-context.ts";
import type { ReadableSpanLike } from "../record/readable-span.ts";
import { agentNameOf } from "../record/to-record.ts";

/** What a span inherits from where it was started. */
export interface SpanOrigin {
  pipeline?: string | undefined;
  agent?: string | undefined;
}

/** Remembers, for as long as somebody holds a span, which pipeline and which agent it works for. */
export class SpanOrigins {
  readonly #origins = new WeakMap<object, SpanOrigin>();

  note(span: ReadableSpanLike, parentContext: Context): void {
    const pipeline = traceOf(parentContext)?.pipelineName;
    const agent = this.#agentAbove(parentContext);
    if (pipeline !== undefined || agent !== undefined) this.#origins.set(span, { pipeline, agent });
  }

  of(span: ReadableSpanLike): SpanOrigin | undefined {
    return this.#origins.get(span);
  }

  #agentAbove(parentContext: Context): string | undefined {
    const parent = trace.getSpan(parentContext);
    if (!parent) return undefined;
    // A parent of another process, or of a provider whose spans cannot be read, is known by its ids alone.
    const own = "attributes" in parent ? agentNameOf(parent as unknown as ReadableSpanLike) : undefined;
    return own ?? this.#origins.get(parent)?.agent;
  }
}
