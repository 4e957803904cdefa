import fc from "fast-check";

/** What befalls a file: a bit is flipped, bytes appear, a stretch is gone, or is full of one byte; its end may be missing. */
export type Damage =
  | { kind: "flip"; at: number; bit: number }
  | { kind: "insert"; at: number; bytes: Uint8Array }
  | { kind: "remove"; at: number; length: number }
  | { kind: "fill"; at: number; length: number; byte: number }
  | { kind: "cut"; at: number };

const at = fc.nat();
const length = fc.integer({ min: 1, max: 700 });
const byte = fc.oneof(fc.constantFrom(0, 0x0a, 0x20, 0x22), fc.nat(255));

export const inPlace: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant("fill" as const), at, length: fc.integer({ min: 1, max: 300 }), byte }),
);

export const damage: fc.Arbitrary<Damage> = fc.oneof(
  inPlace,
  fc.record({
    kind: fc.constant("insert" as const),
    at,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  }),
  fc.record({ kind: fc.constant("insert" as const), at, bytes: fc.constant(new Uint8Array([0x0a])) }),
  fc.record({ kind: fc.constant("remove" as const), at, length }),
  fc.record({ kind: fc.constant("cut" as const), at }),
);

/** The bytes after it; places are counted modulo their number. */
export function spoil(bytes: Buffer, damage: Damage): Buffer {
  const at = damage.at % (bytes.length + 1);
  switch (damage.kind) {
    case "flip": {
      const flipped = Buffer.from(bytes);
      if (at < bytes.length) flipped[at] = (bytes[at] as number) ^ (1 << damage.bit);
      return flipped;
    }
    case "insert":
      return Buffer.concat([bytes.subarray(0, at), damage.bytes, bytes.subarray(at)]);
    case "remove":
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + damage.length)]);
    case "fill":
      return Buffer.from(bytes).fill(damage.byte, at, Math.min(bytes.length, at + damage.length));
    case "cut":
      return bytes.subarray(0, at);
  }
}
