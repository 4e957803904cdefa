import { type BaseServiceParams, FileService, TranscriptService } from "assemblyai";
import { TranscriptionError, type TranscriptionErrorKind } from "./transcriber.ts";

export interface AssemblyAiAccount {
  apiKey: string;
  baseUrl: string;
}

const MAX_REASON_LENGTH = 200;

/** AssemblyAI's client, which by itself neither gives up a request nor tells the status of an answer. */
export function createAssemblyAiClient(account: AssemblyAiAccount, signal: AbortSignal): TranscriptService {
  return new AbortableTranscripts(account, new AbortableFiles(account, signal), signal);
}

class AbortableFiles extends FileService {
  readonly #account: BaseServiceParams;
  readonly #signal: AbortSignal;

  constructor(account: AssemblyAiAccount, signal: AbortSignal) {
    super(account);
    this.#account = account;
    this.#signal = signal;
  }

  protected override async fetchResponse(input: string, init?: RequestInit): Promise<Response> {
    return refuseErrors(await super.fetchResponse(input, { ...init, signal: this.#signal }), this.#account);
  }
}

class AbortableTranscripts extends TranscriptService {
  readonly #account: BaseServiceParams;
  readonly #signal: AbortSignal;

  constructor(account: AssemblyAiAccount, files: FileService, signal: AbortSignal) {
    super(account, files);
    this.#account = account;
    this.#signal = signal;
  }

  protected override async fetchResponse(input: string, init?: RequestInit): Promise<Response> {
    return refuseErrors(await super.fetchResponse(input, { ...init, signal: this.#signal }), this.#account);
  }
}

async function refuseErrors(response: Response, account: BaseServiceParams): Promise<Response> {
  if (response.ok) return response;
  const reason = toSafeReason(readReason(await response.text()), account);
  throw new TranscriptionError(
    kindOfStatus(response.status),
    `AssemblyAI answered ${response.status}: ${reason}`,
  );
}

function readReason(body: string): string {
  try {
    const { error } = JSON.parse(body);
    return typeof error === "string" ? error : "no reason given";
  } catch {
    return body === "" ? "no reason given" : "a body that is not JSON";
  }
}

function kindOfStatus(status: number): TranscriptionErrorKind {
  if (status === 413) return "too-long";
  return status === 408 || status === 429 || status >= 500 ? "busy" : "refused";
}

/** Takes from the service's words what must not be repeated: the key, and addresses of recordings. */
export function toSafeReason(reason: string, { apiKey }: { apiKey: string }): string {
  return reason
    .replaceAll(apiKey, "[redacted]")
    .replace(/https?:\/\/\S+/g, "[address]")
    .slice(0, MAX_REASON_LENGTH);
}
