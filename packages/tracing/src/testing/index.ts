/** For tests of services that are traced. */
export type { ReadableSpanLike } from "../record/readable-span.ts";
export type { TraceRecord } from "../record/record.ts";
export { encodeRecord, toRecord } from "../record/to-record.ts";
