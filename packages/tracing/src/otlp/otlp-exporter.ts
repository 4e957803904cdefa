import { setImmediate as nextTurn } from "node:timers/promises";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { type Logger, stderrLogger } from "../collector/logger.ts";
import type { Outcome, RecordExporter, SendOptions } from "../collector/record-exporter.ts";
import { peekRecord } from "../record/peek.ts";
import type { EncodedRecord, TraceRecord } from "../record/record.ts";
import { type OtlpOptions, type ResolvedOtlpOptions, resolveExporterOptions } from "./otlp-options.ts";
import { SpanSender } from "./span-sender.ts";
import { createResources, toReadableSpan } from "./to-readable-span.ts";

export interface OtlpExporterOptions extends OtlpOptions {
  /** Told what the receiver took only in part. @default lines on standard error */
  logger?: Logger;
}

export interface OtlpExporter extends RecordExporter {
  /** Loads the encoder, which the first `send` would do otherwise. @throws {TracingError} `missing-dependency` */
  open(): Promise<void>;
  /** Whether the receiver takes a request at all. */
  ready(options?: SendOptions): Promise<boolean>;
}

/**
 * An exporter that turns records back into spans, has the official package encode them, and posts them to an
 * OpenTelemetry Collector or whatever else speaks OTLP over HTTP.
 *
 * A `started` record is no span in OTLP and is passed over; an `interrupted` one becomes a span in error. When an
 * acknowledgement is lost the receiver gets spans twice, with the same ids.
 *
 * @throws {TracingError} `invalid-option`
 * @example
 * new TraceCollector({ exporter: createOtlpExporter({ url: "http://localhost:4318/v1/traces" }), spoolDir })
 */
export function createOtlpExporter({ logger, ...options }: OtlpExporterOptions = {}): OtlpExporter {
  return exporterFor(resolveExporterOptions(options), logger);
}

/** The same for options that are settled. */
export function exporterFor(options: ResolvedOtlpOptions, logger: Logger = stderrLogger): OtlpExporter {
  return new SpanExporter(options, logger);
}

/** After so many records others have a turn: converting them takes about a millisecond. */
const RECORDS_A_TURN = 32;

class SpanExporter implements OtlpExporter {
  readonly #sender: SpanSender;
  readonly #resource: Readonly<Record<string, string>>;
  /** Whether the receiver was last found in trouble. */
  #troubled = false;
  /** Whether the receiver has taken a request, so that a refusal is about the spans in it and not about the address. */
  #proven = false;

  constructor(options: ResolvedOtlpOptions, logger: Logger) {
    this.#sender = new SpanSender(options, logger);
    this.#resource = options.resource;
  }

  async open(): Promise<void> {
    await this.#sender.encoder();
  }

  /** @throws {TracingError} `missing-dependency` */
  async send(records: readonly EncodedRecord[], options: SendOptions = {}): Promise<Outcome> {
    const spans = await toSpans(records, this.#resource);
    if (spans === undefined) return { status: "rejected", reason: "The record cannot be read." };
    // Passing over what is no span says nothing about a receiver in trouble, so that one is asked.
    if (spans.length === 0) return this.#troubled ? this.#ask(options) : { status: "stored" };
    const outcome = this.#noted(await this.#sender.send(spans, options));
    if (outcome.status !== "rejected" || this.#proven) return outcome;
    const empty = await this.#ask(options);
    return empty.status === "stored" ? outcome : empty;
  }

  async ready(options: SendOptions = {}): Promise<boolean> {
    return (await this.#ask(options)).status === "stored";
  }

  /** Sends an empty request, which every receiver should take; one that never took anything is not refusing spans. */
  async #ask(options: SendOptions): Promise<Outcome> {
    const outcome = await this.#sender.send([], options);
    if (outcome.status !== "rejected") return this.#noted(outcome);
    if (this.#proven) return this.#noted({ status: "stored" });
    const advice = "It refuses even an empty request: is OTLP over HTTP spoken at this address?";
    return this.#noted({ status: "retry", reason: `${outcome.reason} ${advice}` });
  }

  #noted(outcome: Outcome): Outcome {
    this.#troubled = outcome.status === "retry" || outcome.status === "unauthorized";
    this.#proven ||= outcome.status === "stored";
    return outcome;
  }
}

/** The spans among records; undefined when one cannot be read, so that the batch is parted until it stands alone. */
async function toSpans(
  records: readonly EncodedRecord[],
  resourceAttributes: Readonly<Record<string, string>>,
): Promise<ReadableSpan[] | undefined> {
  const resourceOf = createResources(resourceAttributes);
  const spans: ReadableSpan[] = [];
  for (const [index, encoded] of records.entries()) {
    if (peekRecord(encoded)?.type === "started") continue;
    const span = toSpan(encoded, resourceOf);
    if (!span) return undefined;
    spans.push(span);
    if (index % RECORDS_A_TURN === RECORDS_A_TURN - 1) await nextTurn();
  }
  return spans;
}

function toSpan(
  encoded: EncodedRecord,
  resourceOf: ReturnType<typeof createResources>,
): ReadableSpan | undefined {
  try {
    const record = JSON.parse(encoded) as TraceRecord;
    return toReadableSpan(record, resourceOf(record.service));
  } catch {
    return undefined;
  }
}
