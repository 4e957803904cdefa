import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { harmless, type Logger } from "../collector/logger.ts";
import type { Outcome, SendOptions } from "../collector/record-exporter.ts";
import { type Encoder, loadEncoder } from "./encoder.ts";
import { httpPost } from "./http-post.ts";
import type { ResolvedOtlpOptions } from "./otlp-options.ts";
import { PartialSuccess } from "./partial-success.ts";
import { judge, judgeFailure } from "./verdict.ts";

const compress = promisify(gzip);

/** Encodes spans, posts them, and judges the answer. */
export class SpanSender {
  readonly #options: ResolvedOtlpOptions;
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #partial: PartialSuccess;
  #encoder: Promise<Encoder> | undefined;

  constructor(options: ResolvedOtlpOptions, logger: Logger) {
    this.#options = options;
    this.#url = new URL(options.url);
    this.#partial = new PartialSuccess(harmless(logger));
    this.#headers = {
      accept: "*/*",
      "user-agent": "app-tracing-otlp",
      ...options.headers,
      "content-type": options.protocol === "http/json" ? "application/json" : "application/x-protobuf",
      ...(options.compression === "gzip" && { "content-encoding": "gzip" }),
    };
  }

  /** The encoder, loaded once. @throws {TracingError} `missing-dependency` */
  encoder(): Promise<Encoder> {
    this.#encoder ??= loadEncoder(this.#options.protocol).catch((error: unknown) => {
      this.#encoder = undefined;
      throw error;
    });
    return this.#encoder;
  }

  /** @throws {TracingError} `missing-dependency` */
  async send(spans: ReadableSpan[], options: SendOptions): Promise<Outcome> {
    const encoder = await this.encoder();
    let request: Uint8Array;
    try {
      request = encoder.serializeRequest(spans) ?? new Uint8Array();
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      return { status: "rejected", reason: `A span cannot be encoded (${name}).` };
    }
    const { outcome, body } = await this.#post(request, options);
    if (outcome.status === "stored") this.#partial.read(body, encoder);
    return outcome;
  }

  async #post(request: Uint8Array, { signal }: SendOptions): Promise<{ outcome: Outcome; body: Buffer }> {
    const { timeoutMs, tls, compression } = this.#options;
    try {
      const answer = await httpPost({
        url: this.#url,
        headers: this.#headers,
        body: compression === "gzip" ? await compress(request) : request,
        timeoutMs,
        signal,
        tls,
      });
      return { outcome: judge(answer), body: answer.body };
    } catch (error) {
      return { outcome: judgeFailure(error), body: Buffer.alloc(0) };
    }
  }
}
