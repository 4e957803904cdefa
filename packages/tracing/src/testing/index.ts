/** For tests of services that are traced, and for authors of an adapter. */
export type { ReadableSpanLike } from "../record/readable-span.ts";
export type { TraceRecord } from "../record/record.ts";
export { encodeRecord, toRecord } from "../record/to-record.ts";
export type { ContractRunner } from "./contract-runner.ts";
export {
  describeExporterContract,
  type ExporterContractOptions,
  type ExporterUnderTest,
} from "./exporter-contract/index.ts";
export { sampleModelCall, sampleRecord } from "./sample-record.ts";
export { describeStoreContract, type StoreContractOptions } from "./store-contract/index.ts";
