/** For tests of services that are traced, and for authors of an adapter. */
export type { ReadableSpanLike } from "../record/readable-span.ts";
export type { TraceRecord } from "../record/record.ts";
export { encodeRecord, toRecord } from "../record/to-record.ts";
export type { ContractRunner } from "./contract-runner.ts";
export { expectTrace, type TokenLimits, type TraceExpectation } from "./expect-trace.ts";
export type { ChildOrder, ExpectedSpan, ExpectedTree } from "./expected-tree.ts";
export {
  describeExporterContract,
  type ExporterContractOptions,
  type ExporterUnderTest,
} from "./exporter-contract/index.ts";
export type { Partially } from "./partial-match.ts";
export { sampleModelCall, sampleRecord } from "./sample-record.ts";
export { describeStoreContract, type StoreContractOptions } from "./store-contract/index.ts";
export {
  type SettledOptions,
  startTestTracing,
  type TestTracing,
  type TestTracingOptions,
} from "./test-tracing.ts";
export { modelCalls, openSpans, orphanSpans, traceTree } from "./trace-tree.ts";
