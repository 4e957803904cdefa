import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Outcome, RecordExporter } from "../collector/record-exporter.ts";
import type { TraceRecord } from "../record/record.ts";
import type { ContractRunner } from "./contract-runner.ts";
import { sampleModelCall, sampleRecord } from "./sample-record.ts";

/** An exporter whose backend is well and has the newest schema. */
export interface ExporterUnderTest {
  exporter: RecordExporter;
  /** The ids of the spans that are stored of a trace, one for each time it is stored; asked past the exporter. */
  storedSpans(traceId: string): Promise<string[]>;
  close?(): Promise<void>;
}

/**
 * What to run the contract on. Each trouble is an exporter whose backend really is in it; one that cannot befall an
 * adapter is left out, and so are its tests. What a trouble opens is the suite's author to close.
 */
export interface ExporterContractOptions {
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
}

const LIMIT_BYTES = 64 * 1024;
/** How long anything may take that ought to end by itself; far above what it does take. */
const PATIENCE_MS = 15_000;

/**
 * What the collector relies on in an exporter: a batch is stored as a whole or not at all, once however often it is
 * sent, and every fault of the backend is an outcome that says what to do. For authors of a {@link RecordExporter}.
 *
 * @example
 * import { afterAll, beforeAll, describe, it } from "vitest";
 * describeExporterContract("my exporter", {
 *   runner: { afterAll, beforeAll, describe, it },
 *   open: async () => ({ exporter: new MyExporter(url), storedSpans: (traceId) => askMyBackend(traceId) }),
 *   unreachable: async () => new MyExporter("http://127.0.0.1:1"),
 * });
 */
export function describeExporterContract(name: string, options: ExporterContractOptions): void {
  const { runner, open } = options;
  runner.describe(`the exporter contract: ${name}`, () => {
    let opened: ExporterUnderTest | undefined;
    const backend = (): ExporterUnderTest => {
      if (!opened) throw new Error("The exporter is open inside of tests only.");
      return opened;
    };
    runner.beforeAll(async () => {
      opened = await open();
    });
    runner.afterAll(async () => opened?.close?.());
    describeStoring(runner, backend);
    describeRefusal(options, backend);
    describeTroubles(options);
  });
}

function describeStoring({ it }: ContractRunner, backend: () => ExporterUnderTest): void {
  it("stores what it is sent", async () => {
    const trace = sampleTrace(3);
    assert.deepEqual(await send(backend().exporter, trace), { status: "stored" });
    assert.deepEqual(await stored(backend(), trace), idsOf(trace));
  });

  it("stores each record once, sent again, sent in other batches, or sent several times at once", async () => {
    const trace = sampleTrace(8);
    const { exporter } = backend();
    const batches = [
      trace,
      trace,
      trace.slice(0, 5),
      trace.slice(3),
      trace.toReversed(),
      [...trace, ...trace],
    ];
    for (const outcome of await Promise.all(batches.map((batch) => send(exporter, batch)))) {
      assert.deepEqual(outcome, { status: "stored" });
    }
    assert.deepEqual(await send(exporter, trace), { status: "stored" });
    assert.deepEqual(await stored(backend(), trace), idsOf(trace));
  });

  it("has nothing to do for an empty batch", async () => {
    assert.deepEqual(await send(backend().exporter, []), { status: "stored" });
  });

  it("stores text as it is, whatever is in it", async () => {
    const hostile = sampleRecord({ input: '"\\u0000 \\ud800 \\" \\\\ é 😀 </script> $1 %s"' });
    assert.deepEqual(await send(backend().exporter, [hostile]), { status: "stored" });
    assert.deepEqual(await stored(backend(), [hostile]), idsOf([hostile]));
  });

  it("is ready, and does its housekeeping", async () => {
    const { exporter } = backend();
    assert.equal((await exporter.ready?.()) ?? true, true);
    await exporter.maintain?.();
  });
}

function describeRefusal(
  { runner: { it }, poisons = POISONS }: ExporterContractOptions,
  backend: () => ExporterUnderTest,
): void {
  for (const [what, poison] of Object.entries(poisons)) {
    it(`refuses a batch as rejected for ${what}, stores none of it, and repeats nothing of it`, async () => {
      const secret = randomUUID();
      const [root, ...children] = sampleTrace(3, { input: JSON.stringify(secret) });
      const poisoned = poison(sampleRecord({ ...sampleChild(root), output: JSON.stringify(secret) }));
      const outcome = await send(backend().exporter, [root, poisoned, ...children]);
      assert.equal(outcome.status, "rejected");
      assertReason(outcome, secret);
      assert.deepEqual(await stored(backend(), [root]), []);
      assert.deepEqual(await send(backend().exporter, [root, ...children]), { status: "stored" });
      assert.deepEqual(await stored(backend(), [root]), idsOf([root, ...children]));
    });
  }

  it("holds records of a format that the schema does not know, and blames none of them", async () => {
    const future = { ...sampleRecord(), v: 1_000 } as unknown as TraceRecord;
    const outcome = await send(backend().exporter, [future]);
    assert.equal(outcome.status, "schema-missing");
    assertReason(outcome);
    assert.deepEqual(await stored(backend(), [future]), []);
  });

  it("says retry when it is aborted before it begins", async () => {
    const outcome = await send(backend().exporter, sampleTrace(1), AbortSignal.abort());
    assert.equal(outcome.status, "retry");
    assertReason(outcome);
  });
}

function describeTroubles(options: ExporterContractOptions): void {
  const { describe, it } = options.runner;
  const { unreachable, hanging, unauthorized, schemaMissing, limited } = options;
  const behaves = (what: string, status: Outcome["status"], open: () => Promise<RecordExporter>) =>
    it(`answers ${status}, and is not ready, when ${what}`, async () => {
      const exporter = await open();
      const secret = randomUUID();
      const outcome = await send(exporter, sampleTrace(1, { input: JSON.stringify(secret) }));
      assert.equal(outcome.status, status);
      assertReason(outcome, secret);
      assert.equal((await exporter.ready?.()) ?? false, false);
    });

  describe("in trouble", () => {
    if (unreachable) behaves("nobody answers", "retry", unreachable);
    if (unauthorized) behaves("its key is refused", "unauthorized", unauthorized);
    if (schemaMissing) behaves("the schema is missing", "schema-missing", schemaMissing);
    if (limited) {
      it("answers too-large to a batch that is too large, and stores halves that are not", async () => {
        const exporter = await limited(LIMIT_BYTES);
        const trace = sampleTrace(3, { input: JSON.stringify("x".repeat(LIMIT_BYTES / 3)) });
        const outcome = await send(exporter, trace);
        assert.equal(outcome.status, "too-large");
        assertReason(outcome);
        assert.deepEqual(await send(exporter, trace.slice(0, 2)), { status: "stored" });
      });
    }
    if (hanging) {
      it("gives a request up when it is aborted, and says retry", async () => {
        const exporter = await hanging();
        const abort = new AbortController();
        const sending = send(exporter, sampleTrace(1), abort.signal);
        const asking = exporter.ready?.({ signal: abort.signal });
        setTimeout(() => abort.abort(), 100);
        const outcome = await inTime(sending);
        assert.equal(outcome.status, "retry");
        assertReason(outcome);
        assert.equal((await inTime(Promise.resolve(asking))) ?? false, false);
      });
    }
  });
}

function send(
  exporter: RecordExporter,
  records: readonly TraceRecord[],
  signal?: AbortSignal,
): Promise<Outcome> {
  const encoded = records.map((record) => JSON.stringify(record));
  return exporter.send(encoded, signal ? { signal } : undefined);
}

/** Its root, and so many model calls under it. */
function sampleTrace(calls: number, overrides: Partial<TraceRecord> = {}): [TraceRecord, ...TraceRecord[]] {
  const root = sampleRecord(overrides);
  const { input } = root;
  return [root, ...Array.from({ length: calls }, () => sampleModelCall(root, { input }))];
}

function sampleChild(root: TraceRecord): Partial<TraceRecord> {
  return { trace_id: root.trace_id, parent_span_id: root.span_id, root: 0, kind: "step" };
}

const POISONS: NonNullable<ExporterContractOptions["poisons"]> = {
  "a NUL": (record) => ({ ...record, telegram_id: "4\u00002" }),
  "text in place of a number": (record) => ({ ...record, input_tokens: record.output as unknown as number }),
};

function idsOf(records: readonly TraceRecord[]): string[] {
  return records.map(({ span_id }) => span_id).sort();
}

async function stored(
  { storedSpans }: ExporterUnderTest,
  [record]: readonly TraceRecord[],
): Promise<string[]> {
  return (await storedSpans(record?.trace_id ?? "")).toSorted();
}

/** Every outcome but success says why, in words that repeat nothing of a record. */
function assertReason(outcome: Outcome, secret?: string): void {
  assert.ok("reason" in outcome && outcome.reason.trim() !== "", "an outcome other than stored has a reason");
  if (secret !== undefined) assert.ok(!outcome.reason.includes(secret), "the reason repeats a record");
}

async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It takes longer than ${PATIENCE_MS} ms.`)), PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
