import fc from "fast-check";

/** What a walk did to an {@link Endless} value. */
export interface Steps {
  /** Members and elements that were read. */
  reads: number;
  /** Keys that were told. */
  keys: number;
}

/** A value that costs little to make and is without end to whoever goes through all of it: its parts are one and the same. */
export interface Endless {
  /** A new value, and what is done to it from now on. */
  make(enough: number): { value: unknown; steps: Steps };
  widest: number;
}

const VIAS = [
  "list",
  "proxied list",
  "object",
  "proxied object",
  "map",
  "set",
  "cause",
  "toJSON",
  "holes",
] as const;

interface Layer {
  via: (typeof VIAS)[number];
  width: number;
}

/** Ends any walk that does not end by itself. */
const STOPPER = "stop ".repeat(20_000);

export const endless: fc.Arbitrary<Endless> = fc
  .tuple(
    fc.constantFrom<unknown>(undefined, null, "", 1, "text", Symbol.iterator),
    fc.array(fc.record({ via: fc.constantFrom(...VIAS), width: fc.nat(2_000) }), {
      minLength: 1,
      maxLength: 5,
    }),
  )
  .map(([core, layers]) => ({
    make: (enough) => wrap(core, layers, enough),
    widest: Math.max(...layers.map(({ width }) => width)),
    [fc.toStringMethod]: () => `${String(core)} in ${layers.map(({ via, width }) => `${width} × ${via}`)}`,
  }));

function wrap(core: unknown, layers: readonly Layer[], enough: number): { value: unknown; steps: Steps } {
  const steps: Steps = { reads: 0, keys: 0 };
  const read = (inner: unknown) => {
    steps.reads += 1;
    return steps.reads > enough ? STOPPER : inner;
  };
  const value = layers.reduce((inner, layer) => layerOf(layer, () => read(inner), steps), core);
  return { value, steps };
}

function layerOf({ via, width }: Layer, read: () => unknown, steps: Steps): unknown {
  const keys = Array.from({ length: width }, (_, index) => `k${index}`);
  const isIndex = (key: string | symbol) => typeof key === "string" && /^\d+$/.test(key);
  switch (via) {
    case "list":
      return Object.defineProperties(
        new Array(width),
        Object.fromEntries(keys.map((_, index) => [index, { get: read, enumerable: true }])),
      );
    case "proxied list":
      return new Proxy(new Array(width), {
        get: (target, key) => (isIndex(key) ? read() : Reflect.get(target, key)),
      });
    case "object":
      return Object.defineProperties(
        {},
        Object.fromEntries(keys.map((key) => [key, { get: read, enumerable: true }])),
      );
    case "proxied object":
      return new Proxy(Object.create(null), {
        ownKeys: () => keys,
        getOwnPropertyDescriptor: () => {
          steps.keys += 1;
          return { enumerable: true, configurable: true, value: undefined };
        },
        get: (_, key) => (typeof key === "string" && key.startsWith("k") ? read() : undefined),
      });
    case "map":
      return new Map(
        keys.map((key) => [key, Object.defineProperty({}, "in", { get: read, enumerable: true })]),
      );
    case "set":
      return new Set(keys.map(() => Object.defineProperty({}, "in", { get: read, enumerable: true })));
    case "cause":
      return Object.defineProperty(new Error("outer"), "cause", { get: read });
    case "toJSON":
      return { toJSON: () => [read(), read()] };
    case "holes":
      return new Array(width * 1_000_000);
  }
}
