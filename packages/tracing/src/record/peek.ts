import type { EncodedRecord, RecordType } from "./record.ts";

/** What the fixed head of an encoded record says, read without parsing the rest. */
export interface RecordHead {
  type: RecordType;
  traceId: string;
  spanId: string;
}

// Every writer of records puts these four members first and in this order.
const HEAD =
  /^\{"v":\d+,"type":"(started|span|interrupted)","trace_id":"([0-9a-f]{32})","span_id":"([0-9a-f]{16})"/;

/** The head of an encoded record, or undefined when the text does not begin like one. */
export function peekRecord(encoded: EncodedRecord): RecordHead | undefined {
  const match = HEAD.exec(encoded.length > 160 ? encoded.slice(0, 160) : encoded);
  if (!match) return undefined;
  return { type: match[1] as RecordType, traceId: match[2] as string, spanId: match[3] as string };
}
