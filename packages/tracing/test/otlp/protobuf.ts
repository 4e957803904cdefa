/** As much of protobuf as OTLP's trace request needs, decoded into what OTLP's own JSON form looks like. */

type Kind =
  | "message"
  | "string"
  | "hex"
  | "fixed64"
  | "fixed32"
  | "varint"
  | "int64"
  | "double"
  | "bool"
  | "base64";

interface Field {
  name: string;
  kind: Kind;
  repeated?: boolean;
  of?: Message;
}
type Message = Readonly<Record<number, Field>>;

const KEY_VALUE: Record<number, Field> = { 1: { name: "key", kind: "string" } };
const ANY_VALUE: Message = {
  1: { name: "stringValue", kind: "string" },
  2: { name: "boolValue", kind: "bool" },
  3: { name: "intValue", kind: "int64" },
  4: { name: "doubleValue", kind: "double" },
  5: {
    name: "arrayValue",
    kind: "message",
    of: {
      get 1(): Field {
        return { name: "values", kind: "message", repeated: true, of: ANY_VALUE };
      },
    },
  },
  6: {
    name: "kvlistValue",
    kind: "message",
    of: { 1: { name: "values", kind: "message", repeated: true, of: KEY_VALUE } },
  },
  7: { name: "bytesValue", kind: "base64" },
};
KEY_VALUE[2] = { name: "value", kind: "message", of: ANY_VALUE };

const attributes = (): Field => ({ name: "attributes", kind: "message", repeated: true, of: KEY_VALUE });
const SPAN: Message = {
  1: { name: "traceId", kind: "hex" },
  2: { name: "spanId", kind: "hex" },
  3: { name: "traceState", kind: "string" },
  4: { name: "parentSpanId", kind: "hex" },
  5: { name: "name", kind: "string" },
  6: { name: "kind", kind: "varint" },
  7: { name: "startTimeUnixNano", kind: "fixed64" },
  8: { name: "endTimeUnixNano", kind: "fixed64" },
  9: attributes(),
  10: { name: "droppedAttributesCount", kind: "varint" },
  11: {
    name: "events",
    kind: "message",
    repeated: true,
    of: {
      1: { name: "timeUnixNano", kind: "fixed64" },
      2: { name: "name", kind: "string" },
      3: attributes(),
      4: { name: "droppedAttributesCount", kind: "varint" },
    },
  },
  12: { name: "droppedEventsCount", kind: "varint" },
  13: {
    name: "links",
    kind: "message",
    repeated: true,
    of: {
      1: { name: "traceId", kind: "hex" },
      2: { name: "spanId", kind: "hex" },
      4: attributes(),
      5: { name: "droppedAttributesCount", kind: "varint" },
      6: { name: "flags", kind: "fixed32" },
    },
  },
  14: { name: "droppedLinksCount", kind: "varint" },
  15: {
    name: "status",
    kind: "message",
    of: { 2: { name: "message", kind: "string" }, 3: { name: "code", kind: "varint" } },
  },
  16: { name: "flags", kind: "fixed32" },
};

const TRACE_REQUEST: Message = {
  1: {
    name: "resourceSpans",
    kind: "message",
    repeated: true,
    of: {
      1: {
        name: "resource",
        kind: "message",
        of: { 1: attributes(), 2: { name: "droppedAttributesCount", kind: "varint" } },
      },
      3: { name: "schemaUrl", kind: "string" },
      2: {
        name: "scopeSpans",
        kind: "message",
        repeated: true,
        of: {
          1: {
            name: "scope",
            kind: "message",
            of: { 1: { name: "name", kind: "string" }, 2: { name: "version", kind: "string" } },
          },
          3: { name: "schemaUrl", kind: "string" },
          2: { name: "spans", kind: "message", repeated: true, of: SPAN },
        },
      },
    },
  },
};

/**
 * Field numbers and types: https://github.com/open-telemetry/opentelemetry-proto, `trace/v1/trace.proto`.
 * Throws on anything that is not in them, so that nothing is taken for right that was only skipped.
 */
export function decodeTraceRequest(bytes: Buffer): unknown {
  return decode(bytes, TRACE_REQUEST);
}

function decode(bytes: Buffer, message: Message): Record<string, unknown> {
  const decoded: Record<string, unknown> = {};
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError("The message ends in the middle of a field.");
    at += length;
    return bytes.subarray(at - length, at);
  };
  const readers = new Map<number, () => bigint | Buffer>([
    [0, varint],
    [1, () => take(8)],
    [2, () => take(Number(varint()))],
    [5, () => take(4)],
  ]);
  while (at < bytes.length) {
    const tag = Number(varint());
    const field = message[tag >> 3];
    if (!field) throw new TypeError(`Field ${tag >> 3} is not in the message.`);
    const read = readers.get(tag & 7);
    if (!read) throw new TypeError(`Wire type ${tag & 7} is not in the message.`);
    const value = toValue(field, read());
    if (field.repeated) decoded[field.name] = [...((decoded[field.name] as unknown[]) ?? []), value];
    else decoded[field.name] = value;
  }
  return decoded;
}

function toValue({ kind, of }: Field, raw: bigint | Buffer): unknown {
  if (typeof raw === "bigint") {
    if (kind === "bool") return raw === 1n;
    if (kind === "varint") return Number(raw);
    if (kind === "int64") return Number(BigInt.asIntN(64, raw));
  } else {
    if (kind === "message" && of) return decode(raw, of);
    if (kind === "string") return new TextDecoder("utf-8", { fatal: true }).decode(raw);
    if (kind === "hex") return raw.toString("hex");
    if (kind === "base64") return raw.toString("base64");
    if (kind === "fixed64") return raw.readBigUInt64LE().toString();
    if (kind === "fixed32") return raw.readUInt32LE();
    if (kind === "double") return raw.readDoubleLE();
  }
  throw new TypeError(`A ${kind} came in a wire type that is not its own.`);
}
