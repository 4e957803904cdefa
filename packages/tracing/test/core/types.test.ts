import { describe, expectTypeOf, it } from "vitest";
import { type Generation, recordGeneration } from "../../src/core/generation.ts";
import { TraceContext } from "../../src/core/trace-context.ts";
import { tracedSpan } from "../../src/core/traced-span.ts";

describe("tracedSpan keeps the type of", () => {
  it("a plain and an async function", () => {
    expectTypeOf(tracedSpan()((a: number, b?: string) => `${a}${b}`)).toEqualTypeOf<
      (a: number, b?: string) => string
    >();
    expectTypeOf(tracedSpan("llm:x")(async (prompt: string) => prompt.length)).toEqualTypeOf<
      (prompt: string) => Promise<number>
    >();
  });

  it("a generic function", () => {
    const first = tracedSpan()(<T>(items: readonly T[]): T | undefined => items[0]);
    expectTypeOf(first).toEqualTypeOf<<T>(items: readonly T[]) => T | undefined>();
  });

  it("an overloaded function", () => {
    function parse(text: string): number;
    function parse(text: string, raw: true): string;
    function parse(text: string, raw?: true): number | string {
      return raw ? text : Number(text);
    }
    const traced = tracedSpan()(parse);
    expectTypeOf(traced).toEqualTypeOf<typeof parse>();
    expectTypeOf(traced("1")).toEqualTypeOf<number>();
    expectTypeOf(traced("1", true)).toEqualTypeOf<string>();
  });

  it("a function with a this, a generator and an async generator", () => {
    const scale = tracedSpan()(function (this: { factor: number }, n: number) {
      return this.factor * n;
    });
    expectTypeOf(scale).toEqualTypeOf<(this: { factor: number }, n: number) => number>();
    const numbers = tracedSpan()(function* (): Generator<number, string, boolean> {
      return (yield 1) ? "yes" : "no";
    });
    expectTypeOf(numbers).returns.toEqualTypeOf<Generator<number, string, boolean>>();
  });

  it("a function with members", () => {
    const fn = Object.assign((n: number) => n, { schema: "x" });
    expectTypeOf(tracedSpan()(fn).schema).toEqualTypeOf<string>();
  });

  it("a method, whatever its class and modifiers", () => {
    class Agent {
      static made = 0;
      readonly #name = "trainer";
      @tracedSpan("agent:trainer", { kind: "agent" })
      async run(input: { text: string }): Promise<string> {
        return this.#name + this.#helper(input.text);
      }
      @tracedSpan()
      #helper(text: string): string {
        return text;
      }
      @tracedSpan()
      static make(): Agent {
        Agent.made++;
        return new Agent();
      }
      @tracedSpan("tool:pick")
      pick<T>(items: T[]): T | undefined {
        return items[0];
      }
    }
    expectTypeOf<Agent["run"]>().toEqualTypeOf<(input: { text: string }) => Promise<string>>();
    expectTypeOf<Agent["pick"]>().toEqualTypeOf<<T>(items: T[]) => T | undefined>();
    expectTypeOf(Agent.make).toEqualTypeOf<() => Agent>();
  });

  it("and refuses what is no method or function", () => {
    const members = () =>
      class {
        // @ts-expect-error a field is no method
        @tracedSpan() count = 1;
      };
    // @ts-expect-error nor a number
    const value = () => tracedSpan()(5);
    // @ts-expect-error a kind is one of five
    const kind = () => tracedSpan("a", { kind: "robot" });
    expectTypeOf([members, value, kind]).toBeArray();
  });
});

describe("TraceContext.run", () => {
  it("returns what the function returns", () => {
    const run = { pipelineName: "p" };
    expectTypeOf(TraceContext.run<number>).returns.toEqualTypeOf<number>();
    expectTypeOf(() => TraceContext.run(run, () => 1)).returns.toEqualTypeOf<number>();
    expectTypeOf(() => TraceContext.run(run, async () => "a")).returns.toEqualTypeOf<Promise<string>>();
    expectTypeOf<Parameters<Parameters<typeof TraceContext.run>[1]>>().toEqualTypeOf<[trace: TraceContext]>();
  });

  it("takes ids of three types, and undefined for what is not known", () => {
    expectTypeOf<{ pipelineName: string; userId: bigint; telegramId: undefined; sessionId: 1 }>().toExtend<
      Parameters<typeof TraceContext.run>[0]
    >();
    // @ts-expect-error the pipeline has a name
    expectTypeOf<Record<string, never>>().toExtend<Parameters<typeof TraceContext.run>[0]>();
  });
});

it("a generation needs its provider and model, and any operation will do", () => {
  expectTypeOf<{ provider: string; model: string; operation: "rerank" }>().toExtend<Generation>();
  expectTypeOf(recordGeneration).returns.toBeVoid();
});
