import { setImmediate as afterTurn } from "node:timers/promises";
import { CaptureOptionError, type CaptureOptions, resolveCaptureSettings } from "../capture/settings.ts";
import { invalidOption, requireKnownOptions, TracingError } from "../core/errors.ts";
import { createPrivateRuntime } from "../core/private-runtime.ts";
import { installRuntime, isRuntimeInstalled } from "../core/runtime.ts";
import type { TraceDetail } from "../store/trace-repo.ts";
import { failure } from "./failure.ts";
import { MemoryCollector } from "./memory-collector.ts";
import { traceTree } from "./trace-tree.ts";

/** How traces of a test are recorded. */
export interface TestTracingOptions {
  /** The service's name on every trace. @default "test" */
  serviceName?: string;
  /** What is kept and redacted, as for `startTracing`, whatever the environment says. @default everything, 50 KB a value */
  capture?: CaptureOptions;
}

/** How long to wait for open spans. */
export interface SettledOptions {
  /** After how many milliseconds it fails. @default 5_000 */
  timeoutMs?: number;
}

/** Traces in memory, each in the shape that `TraceRepo.getTrace` returns; a span that has not ended is `running`. */
export interface TestTracing {
  /** All traces since the start or the last `clear()`, in the order they began. */
  all(): TraceDetail[];
  /** Those of one pipeline, in the order they began. */
  named(pipelineName: string): TraceDetail[];
  /** The trace that began last, of all or of one pipeline. @throws {AssertionError} when there is none */
  last(pipelineName?: string): TraceDetail;
  /** The trace of that id. @throws {AssertionError} when there is none */
  get(traceId: string): TraceDetail;
  /**
   * Resolves when no span is open any more, so that work in the background is part of what is read afterwards. Work that
   * has not started a span yet cannot be known.
   *
   * @throws {AssertionError} after `timeoutMs`, with the names of the spans that are still open
   */
  settled(options?: SettledOptions): Promise<void>;
  /** Forgets all traces, and what still comes of them. */
  clear(): void;
  /** Ends recording; what was recorded can still be read. Idempotent. */
  stop(): void;
}

// Kept from before a test puts fake timers in their place.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/**
 * Records what `TraceContext` and `tracedSpan` make in this process, in memory: no spool, no store, no network. For tests.
 *
 * A process has one at a time, so files that run in processes or workers of their own do not meet; tests that run at the
 * same time in one file find their traces by `named` or `get`.
 *
 * @throws {TracingError} `already-started` when this one or `startTracing` runs already; `invalid-option`
 * @example
 * const traces = startTestTracing();
 * afterEach(() => traces.clear());
 * afterAll(() => traces.stop());
 * it("asks the model once", async () => {
 *   await answer("hello");
 *   await traces.settled();
 *   expectTrace(traces.last("learn")).toHaveTree("learn > agent:trainer > llm:openai").toHaveModelCalls(1);
 * });
 */
export function startTestTracing(options: TestTracingOptions = {}): TestTracing {
  requireKnownOptions("", options, ["serviceName", "capture"]);
  const { serviceName = "test", capture = {} } = options;
  const settings = captureSettings(capture);
  if (isRuntimeInstalled()) {
    throw new TracingError("already-started", "Tracing has been started in this process and still runs.", {
      hint: "Call stop() on what startTestTracing() returned, or shutdown() on what startTracing() did.",
    });
  }
  const collector = new MemoryCollector(settings);
  const { runtime, contextManager } = createPrivateRuntime({
    serviceName,
    capture: settings,
    spanProcessors: [collector],
  });
  const uninstall = installRuntime(runtime);
  const read = (traceIds: readonly string[]) => traceIds.flatMap((traceId) => collector.trace(traceId) ?? []);
  const all = () => read(collector.traceIds());
  const named = (pipelineName: string) => all().filter((trace) => trace.pipelineName === pipelineName);

  const tracing: TestTracing = {
    all,
    named,
    last(pipelineName) {
      const found = (pipelineName === undefined ? all() : named(pipelineName)).at(-1);
      if (found) return found;
      const wanted = pipelineName === undefined ? "A trace" : `A trace of ${pipelineName}`;
      throw missing(wanted, all(), "last", tracing.last);
    },
    get(traceId) {
      const found = collector.trace(traceId);
      if (found) return found;
      throw missing(`The trace ${traceId}`, all(), "get", tracing.get);
    },
    settled: ({ timeoutMs = 5_000 } = {}) => settled(collector, timeoutMs),
    clear: () => collector.clear(),
    stop() {
      uninstall();
      contextManager.disable();
    },
  };
  return tracing;
}

function captureSettings(capture: CaptureOptions) {
  try {
    return resolveCaptureSettings(capture, {});
  } catch (error) {
    if (error instanceof CaptureOptionError) {
      throw invalidOption(error.option, error.received, error.accepted);
    }
    throw error;
  }
}

async function settled(collector: MemoryCollector, timeoutMs: number): Promise<void> {
  let expired = false;
  let expire: () => void = () => undefined;
  const expiry = new Promise<void>((resolve) => {
    expire = resolve;
  });
  const timer = startTimer(() => {
    expired = true;
    expire();
  }, timeoutMs);
  try {
    // What follows the end of a span in the same turn may start the next one.
    await afterTurn();
    while (collector.openSpans().length > 0 && !expired) {
      await Promise.race([collector.nextEnd(), expiry]);
      if (!expired) await afterTurn();
    }
  } finally {
    stopTimer(timer);
  }
  const open = collector.openSpans();
  if (open.length > 0) throw unsettled(collector, open.length, timeoutMs);
}

function unsettled(collector: MemoryCollector, count: number, timeoutMs: number): Error {
  const ids = new Set(collector.openSpans().map(({ traceId }) => traceId));
  const trees = [...ids].flatMap((traceId) => {
    const trace = collector.trace(traceId);
    return trace ? traceTree(trace) : [];
  });
  const names = collector.openSpans().map(({ name }) => name);
  const what = count === 1 ? "1 span is" : `${count} spans are`;
  return failure({
    message: `After ${timeoutMs} ms ${what} still open: ${names.join(", ")}.\n\n${trees.join("\n\n")}`,
    operator: "settled",
    actual: names,
    expected: [],
    caller: settled,
  });
}

function missing(
  wanted: string,
  traces: readonly TraceDetail[],
  operator: string,
  caller: (...args: never) => unknown,
): Error {
  const recorded =
    traces.length === 0
      ? "Nothing has been recorded: TraceContext.run, or a tracedSpan with `root`, opens a trace, and outside of one there are no spans."
      : `These have been recorded:\n\n${traces.map((trace) => `${trace.traceId}\n${traceTree(trace)}`).join("\n\n")}`;
  return failure({
    message: `${wanted} was expected. ${recorded}`,
    operator,
    actual: traces.map(({ pipelineName }) => pipelineName),
    expected: [wanted],
    caller,
  });
}
