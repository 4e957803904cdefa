import { type AttributeValue, diag, type Span } from "@opentelemetry/api";
import { captureText } from "../capture/capture-text.ts";
import type { CaptureSettings } from "../capture/settings.ts";
import { TRACING } from "../conventions/attributes.ts";
import { cleanAttributes, toContentAttributes } from "./content.ts";
import { quietly } from "./quietly.ts";
import { toTags } from "./trace-options.ts";

/** What a run says about itself while it goes on, written to its span. Nothing here throws, or does anything once the span has ended. */
export class RunNotes {
  readonly #span: Span;
  readonly #capture: CaptureSettings;
  readonly #tags: Set<string>;
  readonly #scores = new Map<string, { name: string; value: number; comment?: string }>();

  constructor(span: Span, capture: CaptureSettings, tags: readonly string[]) {
    this.#span = span;
    this.#capture = capture;
    this.#tags = new Set(tags);
  }

  content(name: string, value: unknown): void {
    if (!this.#capture.content || value === undefined) return;
    this.#write(() => this.#span.setAttributes(toContentAttributes(name, value, this.#capture)));
  }

  attribute(name: string, value: AttributeValue): void {
    this.#write(() => this.#span.setAttributes(cleanAttributes({ [name]: value }, this.#capture)));
  }

  tag(tag: string): void {
    this.#write(() => {
      for (const clean of toTags([tag], this.#capture)) this.#tags.add(clean);
      this.#span.setAttribute(TRACING.TAGS, [...this.#tags]);
    });
  }

  score(name: string, value: number, comment: string | undefined): void {
    if (typeof name !== "string" || name === "" || !Number.isFinite(value)) {
      diag.warn("@app/tracing: a score without a name or a finite value is ignored.");
      return;
    }
    this.#write(() => {
      const { limits, redactor } = this.#capture;
      const text =
        comment === undefined ? {} : { comment: captureText(comment, limits.maxBytes, redactor).text };
      this.#scores.set(name, { name, value, ...text });
      this.#span.setAttribute(TRACING.SCORES, JSON.stringify([...this.#scores.values()]));
    });
  }

  #write(write: () => void): void {
    if (this.#span.isRecording()) quietly("writing to a trace", write);
    else diag.debug("@app/tracing: the run has settled or is not recorded; what was set is ignored.");
  }
}
