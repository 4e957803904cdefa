import { AssertionError } from "node:assert";
import { toDecimal } from "../conventions/decimal.ts";
import { invalidOption } from "../core/errors.ts";
import type { Span, TraceDetail, TraceStatus } from "../store/trace-repo.ts";
import { lineDifferences } from "./differences.ts";
import { type ExpectedTree, toExpectedNodes } from "./expected-tree.ts";
import { type FailureOptions, failure } from "./failure.ts";
import { matchesPartially, matchingMembers, type Partially, projectOnto } from "./partial-match.ts";
import { isLess } from "./sum-decimals.ts";
import { modelCalls, openSpans, orphanSpans, toNodes, traceTree } from "./trace-tree.ts";
import { matchTrees } from "./tree-match.ts";

/** Upper bounds, each for itself; what is not given is not looked at. */
export interface TokenLimits {
  /** Of all tokens that models were given. */
  input?: number;
  /** Of all tokens that they answered with. */
  output?: number;
}

/**
 * Assertions about one trace, from `startTestTracing` or from a `TraceRepo`; each returns the expectation, so that they
 * chain.
 *
 * What fails throws an `AssertionError` of `node:assert`, whose message shows the trace's tree. Works in any test runner.
 *
 * @example
 * expectTrace(traces.last("learn"))
 *   .toHaveTree("learn > agent:trainer > llm:openai")
 *   .toHaveEnded()
 *   .toCostLessThan("0.01");
 */
export function expectTrace(trace: TraceDetail): TraceExpectation {
  if (typeof trace !== "object" || trace === null || !Array.isArray(trace.spans)) {
    throw invalidOption("trace", trace, "a trace of startTestTracing() or of TraceRepo.getTrace()");
  }
  return new TraceExpectation(trace);
}

/** What {@link expectTrace} returns. Every method throws an `AssertionError` when the trace is otherwise. */
export class TraceExpectation {
  readonly #trace: TraceDetail;

  /** {@link expectTrace} makes it. */
  constructor(trace: TraceDetail) {
    this.#trace = trace;
  }

  /**
   * The spans are these and no others, by name, siblings in the order they began. Statuses count where they are stated.
   *
   * @throws {TracingError} `invalid-option` when the expected tree is none
   * @example
   * expectTrace(trace).toHaveTree(`
   *   learn
   *     agent:trainer
   *       llm:openai [error]
   *       llm:openai
   *     parallel [any order]
   *       agent:memory
   *       agent:playbook
   * `);
   */
  toHaveTree(tree: ExpectedTree): this {
    const { matches, actual, expected } = matchTrees(toNodes(this.#trace), toExpectedNodes(tree));
    if (matches) return this;
    throw failure({
      message: `${this.#name} has another tree (- expected, + actual):\n\n${lineDifferences(actual, expected)}`,
      operator: "toHaveTree",
      actual,
      expected,
      caller: this.toHaveTree,
    });
  }

  /** Every span has ended, the root among them. */
  toHaveEnded(): this {
    const open = openSpans(this.#trace).map(({ name }) => name);
    if (open.length === 0 && this.#trace.status !== "running") return this;
    const what = open.length === 0 ? "its root" : open.join(", ");
    return this.#fail({
      problem: `has not ended: ${what} ${open.length > 1 ? "are" : "is"} still open`,
      operator: "toHaveEnded",
      actual: open,
      expected: [],
      caller: this.toHaveEnded,
    });
  }

  /** Every span hangs below the root; one does not whose parent was lost, or is of another set-up. */
  toHaveNoOrphans(): this {
    const orphans = orphanSpans(this.#trace).map(({ name }) => name);
    if (orphans.length === 0) return this;
    return this.#fail({
      problem: `has spans whose parent is not in it: ${orphans.join(", ")}`,
      operator: "toHaveNoOrphans",
      actual: orphans,
      expected: [],
      caller: this.toHaveNoOrphans,
    });
  }

  /** The trace's status, which is its root's: an error that was recovered from leaves it `ok`. */
  toHaveStatus(status: TraceStatus): this {
    const { status: actual, error } = this.#trace;
    if (actual === status) return this;
    const reason = error === null ? "" : ` (${[error.type, error.message].filter(Boolean).join(": ")})`;
    return this.#fail({
      problem: `is ${actual}${reason}, not ${status}`,
      operator: "toHaveStatus",
      actual,
      expected: status,
      caller: this.toHaveStatus,
    });
  }

  /** No span failed, not even one whose error was recovered from. */
  toHaveNoErrors(): this {
    const failed = this.#trace.spans
      .filter((span) => span.status === "error")
      .map(({ name, error }) => [name, error?.type, error?.message].filter(Boolean).join(": "));
    if (failed.length === 0) return this;
    return this.#fail({
      problem: `has failed spans: ${failed.join("; ")}`,
      operator: "toHaveNoErrors",
      actual: failed,
      expected: [],
      caller: this.toHaveNoErrors,
    });
  }

  /** So many calls of a model, every attempt counted; with `like`, so many that match it. */
  toHaveModelCalls(count: number, like: Partially<Span> = {}): this {
    const calls = modelCalls(this.#trace).filter((span) => matchesPartially(span, like));
    if (calls.length === count) return this;
    return this.#fail({
      problem: `has ${plural(calls.length, "model call")}, not ${count}`,
      operator: "toHaveModelCalls",
      actual: calls.length,
      expected: count,
      caller: this.toHaveModelCalls,
    });
  }

  /**
   * At least one span of that name is like this; members that are left out are not looked at.
   *
   * @example
   * expectTrace(trace).toHaveSpan("llm:openai", { status: "error", error: { type: "RateLimitError" } });
   */
  toHaveSpan(name: string | RegExp, like: Partially<Span> = {}): this {
    const named = this.#trace.spans.filter((span) => matchesPartially(span.name, name));
    if (named.some((span) => matchesPartially(span, like))) return this;
    const closest = named.toSorted((a, b) => matchingMembers(b, like) - matchingMembers(a, like))[0];
    const shared = { operator: "toHaveSpan", caller: this.toHaveSpan };
    if (closest === undefined) {
      const actual = this.#trace.spans.map((span) => span.name);
      return this.#fail({ problem: `has no span named ${name}`, actual, expected: [name], ...shared });
    }
    const count = named.length === 1 ? "a span" : `${named.length} spans`;
    const difference = objectDifferences(projectOnto(closest, like), like);
    return this.#fail({
      problem: `has ${count} named ${name}, and none like this`,
      actual: projectOnto(closest, like),
      expected: like,
      detail: named.length === 1 ? difference : `The closest one:\n${difference}`,
      ...shared,
    });
  }

  /** The trace itself is like this; members that are left out are not looked at. Ids are texts. */
  toMatch(like: Partially<TraceDetail>): this {
    if (matchesPartially(this.#trace, like)) return this;
    const actual = projectOnto(this.#trace, like);
    return this.#fail({
      problem: "is not like this",
      operator: "toMatch",
      actual,
      expected: like,
      detail: objectDifferences(actual, like),
      caller: this.toMatch,
    });
  }

  /**
   * The whole trace cost less than this, in US dollars. Fails as well when the cost is not known: when no model was called,
   * or a call that succeeded has no cost, since no price is known for its model or it recorded no usage.
   *
   * @param usd Best a decimal text, as in `"0.01"`.
   */
  toCostLessThan(usd: string | number): this {
    const limit = toDecimal(usd);
    if (limit === undefined) throw invalidOption("usd", usd, 'an amount of US dollars, as in "0.01"');
    const { costUsd } = this.#trace;
    const shared = { operator: "toCostLessThan", expected: `< ${limit}`, caller: this.toCostLessThan };
    const unpriced = modelCalls(this.#trace).filter((span) => span.costUsd === null && span.status === "ok");
    if (unpriced.length > 0 || costUsd === null) {
      const problem = `has an unknown cost: ${whyUnknown(unpriced)}`;
      return this.#fail({ problem, actual: null, ...shared });
    }
    if (isLess(costUsd, limit)) return this;
    return this.#fail({
      problem: `cost $${costUsd}, which is not less than $${limit}`,
      actual: costUsd,
      ...shared,
    });
  }

  /** Fewer tokens than this, in and out together, or each for itself. Fails as well when none are known. */
  toHaveTokensBelow(limit: number | TokenLimits): this {
    const { inputTokens: input, outputTokens: output } = this.#trace;
    const total = input === null && output === null ? null : (input ?? 0) + (output ?? 0);
    const shared = { operator: "toHaveTokensBelow", caller: this.toHaveTokensBelow };
    const bounds: [string, number | null, number | undefined][] =
      typeof limit === "number"
        ? [["tokens", total, limit]]
        : [
            ["input tokens", input, limit.input],
            ["output tokens", output, limit.output],
          ];
    for (const [what, actual, bound] of bounds) {
      if (bound === undefined || (actual !== null && actual < bound)) continue;
      const problem =
        actual === null
          ? `has an unknown number of ${what}`
          : `took ${actual} ${what}, not fewer than ${bound}`;
      return this.#fail({ problem, actual, expected: `< ${bound}`, ...shared });
    }
    return this;
  }

  get #name(): string {
    return `The trace ${this.#trace.pipelineName ?? this.#trace.traceId}`;
  }

  #fail({
    problem,
    detail,
    ...rest
  }: Omit<FailureOptions, "message"> & { problem: string; detail?: string }): never {
    const tree = traceTree(this.#trace) || "(no span)";
    const message = [`${this.#name} ${problem}.`, detail, tree].filter(Boolean).join("\n\n");
    throw failure({ message, ...rest });
  }
}

function whyUnknown(unpriced: readonly Span[]): string {
  const [call] = unpriced;
  if (call === undefined) return "no call of a model in it recorded a cost";
  if (call.model === null) return `${call.name} recorded no generation`;
  if (call.inputTokens === null) return `${call.name} recorded no tokens of ${call.model}`;
  return `no price is known of ${call.model}, and ${call.name} recorded no costUsd`;
}

/** The difference as Node's assertions print it, without their first line. */
function objectDifferences(actual: unknown, expected: unknown): string {
  const { message } = new AssertionError({ actual, expected, operator: "deepStrictEqual" });
  return message.slice(message.indexOf("\n") + 1).trimEnd();
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
