import { captureArguments, captureValue } from "../../../src/capture/capture-value.ts";
import { resolveCaptureSettings } from "../../../src/capture/settings.ts";

const text = Buffer.alloc(100_000_000, "x-ray token \u0000 ").toString("latin1");
const other = Buffer.alloc(100_000_000, "another text ").toString("latin1");
const KEYS = 100_000;

function deep(levels: number): unknown {
  let value: unknown = "bottom";
  for (let level = 0; level < levels; level++) value = level % 2 ? [value] : { d: value };
  return value;
}

function throwing(thrown: unknown): object {
  const get = () => {
    throw thrown;
  };
  return Object.defineProperty({}, "member", { get, enumerable: true });
}

const many = (value: unknown) => Array.from({ length: 1_000 }, () => value);
const cycle: Record<string, unknown> = {};
cycle[text] = { back: cycle, again: many(cycle) };
const manyKeys = Object.fromEntries(Array.from({ length: KEYS }, (_, index) => [`key ${index}`, index]));

/** Values that are larger than anybody wants to keep, each made of few parts. */
const giants: readonly unknown[] = [
  text,
  many(text),
  { [text]: text },
  Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? text : "value")),
  many({ name: text, value: text }),
  many(Symbol(text)),
  many(Object.defineProperty(() => 1, "name", { value: text })),
  many(throwing({ message: text })),
  many(throwing(text)),
  many(new String(text)),
  many({ toJSON: () => text }),
  new Map([[text, text]]),
  new Set([text, other]),
  cycle,
  Buffer.alloc(100_000_000, "a secret "),
  many(Buffer.alloc(1_000_000, "password=hunter2hunter2 ")),
  new Float64Array(10_000_000),
  new Array(4_294_967_295),
  manyKeys,
  many(manyKeys),
  new Map(Object.entries(manyKeys)),
  deep(200_000),
];

const settings = resolveCaptureSettings({}, {});
const before = process.resourceUsage().maxRSS;
const captured = giants.map((giant) => captureValue(giant, settings).json);
captured.push(captureArguments(giants, settings).json);
for (const json of captured) JSON.parse(json);
const grownKb = process.resourceUsage().maxRSS - before;
process.stdout.write(JSON.stringify({ bytes: captured.map((json) => Buffer.byteLength(json)), grownKb }));
