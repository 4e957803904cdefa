import { StoreError } from "@app/tracing";
import { AnswerError } from "../agents/index.ts";
import { ModelError, type ModelErrorKind } from "../llm/language-model.ts";
import { RunStoppedError } from "../runs/run-registry.ts";
import { RecordsUnavailableError } from "../storage/bot-records.ts";
import { VoiceDownloadError, type VoiceDownloadErrorKind } from "../telegram/download-voice.ts";
import { TranscriptionError, type TranscriptionErrorKind } from "../voice/transcriber.ts";

const MODEL: Readonly<Record<ModelErrorKind, string>> = {
  busy: "The model is overloaded right now. Send it again in a minute; nothing is lost.",
  timeout: "The model took too long to answer, so I stopped waiting. Send it again; nothing is lost.",
  unreachable: "I cannot reach the model right now. Send it again in a minute; nothing is lost.",
  refused: "The model does not take my request. That is for my operator to mend, not for you.",
};

const LISTENING: Readonly<Record<TranscriptionErrorKind | VoiceDownloadErrorKind, string>> = {
  busy: "I cannot listen right now. Try again in a minute, or write it.",
  unreachable: "I cannot listen right now. Try again in a minute, or write it.",
  timeout: "Listening took too long, so I stopped. Try again, or write it.",
  refused: "I could not make words of this recording. Please write it.",
  empty: "I hear nobody speak in this recording. Try again, or write it.",
  "too-long":
    "This recording is too long for me; 15 minutes are the most I listen to. Send a shorter one, or write it.",
  "no-sound": "This is no recording that I can listen to. Record it here, or write it.",
  "too-large":
    "This recording is too large for me; 20 MB is the most I take. Send a shorter one, or write it.",
  gone: "Telegram does not have this recording any more. Send it again, or write it.",
};

const UNUSABLE_ANSWERS =
  "The model answered twice with something I could not use, so I will not guess a result. Send it again, please.";
const NO_RECORDS = "I cannot reach my records right now. Try again in a minute; nothing is lost.";
const UNEXPECTED = "Something went wrong on my side. Send it again; if it keeps failing, tell my operator.";

/** What a rep is told when something has failed, in plain words; the reference finds the trace. */
export function toApology(error: unknown, traceId?: string): string {
  if (error instanceof RunStoppedError) return error.message;
  if (error instanceof TranscriptionError || error instanceof VoiceDownloadError)
    return LISTENING[error.kind];
  const reference = traceId === undefined ? "" : `\n\nReference: ${traceId.slice(0, 8)}`;
  return `${reasonOf(error)}${reference}`;
}

function reasonOf(error: unknown): string {
  if (error instanceof ModelError) return MODEL[error.kind];
  if (error instanceof AnswerError) return UNUSABLE_ANSWERS;
  if (error instanceof RecordsUnavailableError || error instanceof StoreError) return NO_RECORDS;
  return UNEXPECTED;
}
