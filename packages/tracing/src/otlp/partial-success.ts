import { toSafeText } from "../capture/redaction/safe-text.ts";
import type { Logger } from "../collector/logger.ts";
import type { Encoder } from "./encoder.ts";

/** A receiver that refuses spans of every batch is reported so often. */
const EVERY_MS = 60_000;

/**
 * Says what a receiver took only in part. OTLP forbids to send such a batch again, so these spans are lost to it; they
 * count as delivered.
 */
export class PartialSuccess {
  readonly #logger: Logger;
  #rejected = 0;
  #quietUntil = Number.NEGATIVE_INFINITY;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Reads the body of an answer that says 2xx; one in a form of its own says nothing. */
  read(body: Uint8Array, encoder: Encoder): void {
    if (body.byteLength === 0) return;
    const { rejectedSpans, errorMessage } = parse(body, encoder);
    const rejected = Number(rejectedSpans) || 0;
    const message = typeof errorMessage === "string" ? toSafeText(errorMessage) : "";
    if (rejected <= 0 && message === "") return;
    this.#rejected += rejected;
    if (performance.now() < this.#quietUntil) return;
    this.#quietUntil = performance.now() + EVERY_MS;
    const what =
      this.#rejected > 0
        ? `The OTLP endpoint has refused ${this.#rejected} spans of batches it took`
        : "The OTLP endpoint warns";
    this.#logger.warn(`${what}${message && `: ${message}`}`);
  }
}

function parse(body: Uint8Array, encoder: Encoder): { rejectedSpans?: unknown; errorMessage?: unknown } {
  try {
    return encoder.deserializeResponse(body)?.partialSuccess ?? {};
  } catch {
    return {};
  }
}
