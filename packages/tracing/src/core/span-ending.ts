import type { HrTime, Span } from "@opentelemetry/api";
import type { CaptureSettings } from "../capture/settings.ts";
import { TRACING } from "../conventions/attributes.ts";
import { toContentAttributes } from "./content.ts";
import { recordFailure } from "./failure.ts";
import { quietly } from "./quietly.ts";
import type { SpanTime } from "./span-time.ts";

/** Reads what is worth keeping of a result. */
export type ResultReader = { read(result: unknown): unknown }["read"];

/** What became of a stream. */
export interface StreamResult {
  /** JSON of what came, within the limits of capture. */
  output?: { json: string; truncated: boolean } | undefined;
  failure?: { error: unknown } | undefined;
  abandoned: boolean;
}

/** Ends one span, once, with what became of its call. Never throws. */
export class SpanEnding {
  readonly #span: Span;
  readonly #time: SpanTime;
  readonly #capture: CaptureSettings;
  readonly #output: boolean | ResultReader;
  #ended = false;

  constructor(span: Span, time: SpanTime, capture: CaptureSettings, output: boolean | ResultReader) {
    this.#span = span;
    this.#time = time;
    this.#capture = capture;
    this.#output = capture.content && output;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** What is to be captured of the output: all of it, what a function makes of it, or nothing. */
  get output(): boolean | ResultReader {
    return this.#output;
  }

  /** The time now by the span's own clock. */
  now(): HrTime {
    return this.#time.now();
  }

  succeed(result: unknown): void {
    this.#end(() => {
      if (this.#output === false) return;
      this.#captureOutput(this.#output === true ? result : this.#output(result));
    });
  }

  /** Ends with an output that was captured on the way. */
  succeedWith(json: string, truncated: boolean): void {
    this.#end(() => this.#setOutput({ json, truncated }));
  }

  /** Ends as of `endTime` with what a stream came to: as much of its output as there was, and its failure if it broke off. */
  endStream(endTime: HrTime, { output, failure, abandoned }: StreamResult): void {
    this.#end(() => {
      if (this.#output !== false && output !== undefined) {
        if (this.#output === true) this.#setOutput(output);
        else this.#captureOutput(this.#output(JSON.parse(output.json)));
      }
      if (abandoned) this.#span.setAttribute(TRACING.ITERATION_ABANDONED, true);
      if (failure) recordFailure(this.#span, failure.error, this.#capture, endTime);
    }, endTime);
  }

  fail(error: unknown): void {
    this.#end((endTime) => recordFailure(this.#span, error, this.#capture, endTime));
  }

  /** Ends now although the work behind the result may not have: following it would change what it does. */
  leave(result: "thenable" | "stream"): void {
    this.#end(() => this.#span.setAttribute(TRACING.RESULT_UNFOLLOWED, result));
  }

  /** Ends an iteration that nobody can go on with, as of the last time somebody did. */
  abandon(lastActive: HrTime): void {
    this.#end(() => this.#span.setAttribute(TRACING.ITERATION_ABANDONED, true), lastActive);
  }

  #captureOutput(output: unknown): void {
    this.#span.setAttributes(toContentAttributes(TRACING.OUTPUT, output, this.#capture));
  }

  /** What has been captured on the way. */
  #setOutput({ json, truncated }: { json: string; truncated: boolean }): void {
    this.#span.setAttribute(TRACING.OUTPUT, json);
    if (truncated) this.#span.setAttribute(`${TRACING.OUTPUT}.truncated`, true);
  }

  /** The time is taken first: what the call took does not include what describing it takes. */
  #end(describe: (endTime: HrTime) => void, endTime: HrTime = this.#time.now()): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#span.isRecording()) quietly("describing the end of a span", () => describe(endTime));
    quietly("ending a span", () => this.#span.end(endTime));
  }
}
