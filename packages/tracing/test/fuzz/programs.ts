import fc from "fast-check";
import type { Kept } from "./kept.ts";
import { type Specimen, specimen, text } from "./specimens.ts";

/** What a traced function does. */
export interface Call {
  name: string;
  isAsync: boolean;
  args: readonly Specimen[];
  /** Given in an object that the function and its caller change afterwards. */
  boxed: boolean;
  returns: Specimen;
  throws: Thrown | undefined;
  attributes: readonly Attribute[];
  generation: Generation | undefined;
  calls: readonly Call[];
}

export interface Thrown {
  error: unknown;
  /** What is known to be its message. */
  message: string | undefined;
}

export interface Attribute {
  name: string;
  value: unknown;
  /** What an SDK does not take is left out. */
  taken: boolean;
}

export interface Generation {
  inputTokens: unknown;
  outputTokens: unknown;
  /** Millionths of a dollar, where it is an amount. */
  micros: number | undefined;
  costUsd: unknown;
  messages: Specimen;
}

/** What a run says of itself, and the calls in it. */
export interface Program {
  pipelineName: string;
  ids: Readonly<Record<"userId" | "telegramId" | "sessionId", { value: unknown }>>;
  tags: readonly string[];
  metadata: Specimen;
  input: Specimen;
  output: Specimen;
  scores: readonly { name: string; value: number; comment: string | undefined }[];
  calls: readonly Call[];
  throws: Thrown | undefined;
}

/** A promise is derived from, and an iteration followed: neither comes back as the same object. */
const isHandedOn = ({ kept }: Specimen) =>
  !("json" in kept && ["[Promise]", "[Generator]"].includes(String(kept.json)));

const filled = text.filter((name) => name.trim() !== "");
const thrown: fc.Arbitrary<Thrown> = fc.oneof(
  filled.map((message) => ({ error: new RangeError(message), message })),
  filled.map((message) => ({ error: message, message })),
  fc
    .tuple(filled, specimen)
    .map(([message, { value }]) => ({ error: new Error(message, { cause: value }), message })),
  specimen.map(({ value }) => ({ error: value, message: undefined })),
);

const amount = fc.oneof(
  fc.nat(5_000),
  fc.constantFrom<unknown>(
    Number.NaN,
    Number("1e400"),
    -1,
    1.5,
    2 ** 64,
    Number.MAX_SAFE_INTEGER,
    "7",
    null,
    {},
    5n,
  ),
);
const generation: fc.Arbitrary<Generation> = fc
  .record({
    inputTokens: amount,
    outputTokens: amount,
    messages: specimen,
    cost: fc.oneof(
      fc.nat(9_000_000).map((micros) => ({ micros, costUsd: micros / 1e6 })),
      fc
        .nat(9_000_000)
        .map((micros) => ({ micros, costUsd: `${Math.floor(micros / 1e6)}.${padded(micros % 1e6)}` })),
      fc
        .constantFrom<unknown>(Number.NaN, -1, Number("1e400"), "much", "1e400", "-0.5", {}, 1n)
        .map((costUsd) => ({
          micros: undefined,
          costUsd,
        })),
    ),
  })
  .map(({ cost, ...rest }) => ({ ...rest, ...cost }));

function padded(micros: number): string {
  return String(micros).padStart(6, "0");
}

const attribute: fc.Arbitrary<Attribute> = fc
  .tuple(
    text.map((name) => `a.${name}`),
    fc.oneof(
      fc
        .oneof(text, fc.nat(), fc.boolean(), fc.array(text, { maxLength: 3 }))
        .map((value) => ({ value, taken: true })),
      fc
        .constantFrom<unknown>({ a: 1 }, Symbol("s"), boolean, 5n, [1, "mixed"], [{}])
        .map((value) => ({ value, taken: false })),
    ),
  )
  .map(([name, { value, taken }]) => ({ name, value, taken }));

function boolean(): boolean {
  return true;
}

const { call } = fc.letrec<{ call: Call }>((tie) => ({
  call: fc.record({
    name: filled,
    isAsync: fc.boolean(),
    args: fc.array(specimen, { maxLength: 2 }),
    boxed: fc.boolean(),
    returns: specimen.filter(isHandedOn),
    throws: fc.option(thrown, { nil: undefined, freq: 2 }),
    attributes: fc.uniqueArray(attribute, { maxLength: 3, selector: ({ name }) => name }),
    generation: fc.option(generation, { nil: undefined, freq: 1 }),
    calls: fc.oneof(
      { maxDepth: 2, depthSize: "small" },
      fc.constant([]),
      fc.array(tie("call"), { maxLength: 2 }),
    ),
  }),
}));

const id = fc
  .oneof(
    text,
    fc.nat(),
    fc.bigInt(),
    fc.constantFrom<unknown>(Number.NaN, null, undefined, {}, true, 2 ** 64),
  )
  .map((value) => ({ value }));
const score = fc.record({
  name: filled,
  value: fc.double({ noNaN: true, noDefaultInfinity: true }),
  comment: fc.option(text, { nil: undefined }),
});

export const program: fc.Arbitrary<Program> = fc
  .record({
    pipelineName: filled,
    ids: fc.record({ userId: id, telegramId: id, sessionId: id }),
    tags: fc.array(text, { maxLength: 4 }),
    metadata: specimen,
    input: specimen,
    output: specimen,
    scores: fc.array(score, { maxLength: 4 }),
    calls: fc.array(call, { maxLength: 3 }),
    throws: fc.option(thrown, { nil: undefined, freq: 3 }),
  })
  .map((made) => ({
    ...made,
    [fc.toStringMethod]: () => `${made.pipelineName}: ${made.calls.map(outline).join(", ")}`,
  }));

function outline({ name, args, boxed, throws, calls }: Call): string {
  const end = throws ? " throws" : "";
  return `${JSON.stringify(name)}(${args.length}${boxed ? " boxed" : ""})${end} {${calls.map(outline).join(", ")}}`;
}

/** What is to be kept of a call's arguments. */
export function keptInput({ args, boxed }: Call): Kept {
  const kept = args.map((arg) => (boxed ? keptBox(arg) : arg.kept));
  return kept.length === 1 ? (kept[0] as Kept) : { list: kept };
}

/** A value in an object that will change. */
export function box({ value }: Specimen): { value: unknown; notes: string[] } {
  return { value, notes: ["at the call"] };
}

export function keptBox({ kept, absent }: Specimen): Kept {
  const notes: readonly [string, Kept] = ["notes", { list: [{ json: "at the call" }] }];
  return { members: absent ? [notes] : [["value", kept], notes] };
}

/** All calls of a program, those within calls too, in the order in which they are made. */
export function callsOf(calls: readonly Call[]): Call[] {
  return calls.flatMap((each) => [each, ...callsOf(each.calls)]);
}
