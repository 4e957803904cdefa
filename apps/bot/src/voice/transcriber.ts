/** The port to speech recognition. */
export interface Transcriber {
  /**
   * What is said in a recording, in any format that Telegram records in.
   *
   * @throws {TranscriptionError} when there is no text, or the signal's reason when that gives it up.
   */
  transcribe(audio: Uint8Array, options: { signal: AbortSignal }): Promise<string>;
}

/**
 * Why there is no text:
 *
 * - `busy`: not now (429, 5xx); trying later may help.
 * - `unreachable`: the service could not be reached.
 * - `timeout`: no text in time.
 * - `refused`: the key, the request or the recording is not accepted.
 * - `too-long`: more than the service takes.
 * - `empty`: nobody speaks in it.
 */
export type TranscriptionErrorKind = "busy" | "unreachable" | "timeout" | "refused" | "too-long" | "empty";

/** A recording did not become text. Its message holds neither keys nor addresses. */
export class TranscriptionError extends Error {
  override readonly name = "TranscriptionError";
  readonly kind: TranscriptionErrorKind;

  constructor(kind: TranscriptionErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
