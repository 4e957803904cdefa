import type { RecordExporter } from "../../collector/record-exporter.ts";
import type { TraceRecord } from "../../record/record.ts";
import type { ContractRunner } from "../contract-runner.ts";

/** An exporter whose backend is well and has the newest schema. */
export interface ExporterUnderTest {
  /** What the suite runs on. */
  exporter: RecordExporter;
  /** The ids of the spans that are stored of a trace, one for each time it is stored; asked past the exporter. */
  storedSpans(traceId: string): Promise<string[]>;
  /** Called when the suite ends. */
  close?(): Promise<void>;
}

/**
 * What to run the contract on. Each trouble is an exporter whose backend really is in it; one that cannot befall an
 * adapter is left out, and so are its tests. What a trouble opens is the suite's author to close.
 */
export interface ExporterContractOptions {
  /** The test runner's functions. */
  runner: ContractRunner;
  /** Opened once; other traces in the backend do no harm. */
  open(): Promise<ExporterUnderTest>;
  /** Nobody answers at its backend's address. */
  unreachable?(): Promise<RecordExporter>;
  /** Its backend takes the request and never answers. */
  hanging?(): Promise<RecordExporter>;
  /** Its key, role or password is one that the backend refuses. */
  unauthorized?(): Promise<RecordExporter>;
  /** Its backend is well and has no schema. */
  schemaMissing?(): Promise<RecordExporter>;
  /** Its backend takes no request longer than `maxBytes`. */
  limited?(maxBytes: number): Promise<RecordExporter>;
  /**
   * Ways to make a record one that the backend refuses for its data.
   * @default a NUL in `telegram_id`, and the record's output, which the backend may repeat, in place of a number
   */
  poisons?: Readonly<Record<string, (record: TraceRecord) => TraceRecord>>;
  /** Whether the backend knows a span that it has already; what keeps copies may store it again. @default true */
  storesOnce?: boolean;
  /** Whether the backend has a schema of this library's, which does not know every format of records. @default true */
  hasSchema?: boolean;
}

/** What a part of the suite runs on; the exporter can be asked for inside of tests only. */
export interface Suite extends ExporterContractOptions {
  healthy(): ExporterUnderTest;
}
