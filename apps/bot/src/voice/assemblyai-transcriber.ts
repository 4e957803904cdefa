import { setTimeout as sleep } from "node:timers/promises";
import type { Transcript, TranscriptService } from "assemblyai";
import { type AssemblyAiAccount, createAssemblyAiClient, toSafeReason } from "./assemblyai-client.ts";
import { type Transcriber, TranscriptionError, type TranscriptionErrorKind } from "./transcriber.ts";

export interface AssemblyAiOptions {
  apiKey: string;
  /** @default "https://api.assemblyai.com" */
  baseUrl?: string | undefined;
  /** Between two questions whether the text is ready. @default 1000 */
  pollIntervalMs?: number;
  /** For a recording, from upload to text. @default 120000 */
  timeoutMs?: number;
}

const DEFAULT_BASE_URL = "https://api.assemblyai.com";
/** In order of preference: the second one serves languages that the first does not. */
const SPEECH_MODELS = ["universal-3-5-pro", "universal-2"];

/**
 * Transcribes with AssemblyAI's own client. Recordings are uploaded as bytes, never named by their address, for on
 * Telegram that holds the bot's token. The language is detected.
 */
export function createAssemblyAiTranscriber(options: AssemblyAiOptions): Transcriber {
  const { apiKey, pollIntervalMs = 1_000, timeoutMs = 120_000 } = options;
  const account = { apiKey, baseUrl: (options.baseUrl ?? DEFAULT_BASE_URL).replace(/\/+$/, "") };
  return {
    async transcribe(audio, { signal }) {
      const timeout = AbortSignal.timeout(timeoutMs);
      const either = AbortSignal.any([signal, timeout]);
      try {
        either.throwIfAborted();
        const transcript = await transcribe(
          createAssemblyAiClient(account, either),
          audio,
          pollIntervalMs,
          either,
        );
        return toText(transcript, account);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof TranscriptionError) throw error;
        if (timeout.aborted)
          throw new TranscriptionError("timeout", `There was no text after ${timeoutMs} ms`);
        throw toUnreachable(error);
      }
    },
  };
}

async function transcribe(
  client: TranscriptService,
  audio: Uint8Array,
  pollIntervalMs: number,
  signal: AbortSignal,
): Promise<Transcript> {
  let transcript = await client.submit({ audio, speech_models: SPEECH_MODELS, language_detection: true });
  while (transcript.status === "queued" || transcript.status === "processing") {
    await sleep(pollIntervalMs, undefined, { signal });
    transcript = await look(client, transcript);
  }
  return transcript;
}

/** A look that meets a busy service is repeated by the next one: the recording is there already. */
async function look(client: TranscriptService, transcript: Transcript): Promise<Transcript> {
  try {
    return await client.get(transcript.id);
  } catch (error) {
    if (error instanceof TranscriptionError && error.kind === "busy") return transcript;
    throw error;
  }
}

function toText(transcript: Transcript, account: AssemblyAiAccount): string {
  if (transcript.status !== "completed") {
    const reason = transcript.error ?? "no reason given";
    throw new TranscriptionError(
      kindOfReason(reason),
      `AssemblyAI did not transcribe the recording: ${toSafeReason(reason, account)}`,
    );
  }
  const text = transcript.text?.trim();
  if (!text) throw new TranscriptionError("empty", "There is no speech in the recording");
  return text;
}

/** The reasons of failed transcripts are sentences, without a code. */
function kindOfReason(reason: string): TranscriptionErrorKind {
  if (/no spoken audio|too short/i.test(reason)) return "empty";
  if (/too (long|large|big)|exceeds/i.test(reason)) return "too-long";
  return /server error|try again|internal error/i.test(reason) ? "busy" : "refused";
}

/** What is thrown by `fetch`, or by reading an answer that is none of AssemblyAI's; it may name addresses. */
function toUnreachable(error: unknown): TranscriptionError {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return new TranscriptionError("unreachable", `AssemblyAI could not be reached${code}`);
}
