import { type ApiSignal, toApiSignal } from "./api-signal.ts";

export interface DownloadVoiceOptions {
  api: FileApi;
  /** Without a slash at the end. */
  apiRoot: string;
  token: string;
  fileId: string;
  /** @default MAX_DOWNLOAD_BYTES */
  maxBytes?: number;
  /** For all of it, however slowly the bytes come. @default 60_000 */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** What is needed of a bot's `api`. */
export interface FileApi {
  getFile(fileId: string, signal?: ApiSignal): Promise<{ file_path?: string; file_size?: number }>;
}

/**
 * Why there are no bytes, or why nobody asks for them:
 *
 * - `too-large`: over the limit.
 * - `too-long`: takes more time than anybody listens.
 * - `no-sound`: a file of another kind.
 * - `empty`: not a byte in it.
 * - `gone`: Telegram does not have the file, or no longer.
 * - `unreachable`: it could not be fetched; trying again may help.
 */
export type VoiceDownloadErrorKind = "too-large" | "too-long" | "no-sound" | "empty" | "gone" | "unreachable";

/** A recording could not be fetched. Neither the message nor a cause holds the file's address, which has the token in it. */
export class VoiceDownloadError extends Error {
  override readonly name = "VoiceDownloadError";
  readonly kind: VoiceDownloadErrorKind;

  constructor(kind: VoiceDownloadErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The most that the Bot API hands out. */
export const MAX_DOWNLOAD_BYTES = 20 * 1_024 * 1_024;

/**
 * Fetches the bytes of a voice message, and never more than the limit of them.
 *
 * @throws {VoiceDownloadError}, or the signal's reason when that gives it up.
 */
export async function downloadVoice(options: DownloadVoiceOptions): Promise<Uint8Array> {
  const { api, apiRoot, token, fileId, maxBytes = MAX_DOWNLOAD_BYTES, timeoutMs = 60_000, signal } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = signal ? AbortSignal.any([signal, timeout]) : timeout;
  try {
    const path = await locate(api, fileId, maxBytes, either);
    const response = await fetch(`${apiRoot}/file/bot${token}/${path}`, {
      signal: either,
      redirect: "error",
      // Files are packed already, and what is packed may be a thousand times as large.
      headers: { "accept-encoding": "identity" },
    });
    return await readBounded(response, maxBytes);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof VoiceDownloadError) throw error;
    throw new VoiceDownloadError(
      "unreachable",
      `The recording could not be fetched from Telegram${toReason(error)}`,
    );
  }
}

async function locate(api: FileApi, fileId: string, maxBytes: number, signal: AbortSignal): Promise<string> {
  try {
    const file = await api.getFile(fileId, toApiSignal(signal));
    if ((file.file_size ?? 0) > maxBytes) throw tooLarge(maxBytes);
    if (file.file_path === undefined) throw new VoiceDownloadError("gone", "Telegram has no such recording");
    return file.file_path;
  } catch (error) {
    if (!isApiAnswer(error) || error.error_code !== 400) throw error;
    if (/too big/i.test(error.description)) throw tooLarge(maxBytes);
    throw new VoiceDownloadError("gone", `Telegram does not give the recording: ${error.description}`);
  }
}

async function readBounded(response: Response, maxBytes: number): Promise<Uint8Array> {
  if (response.status === 404) throw new VoiceDownloadError("gone", "Telegram no longer has the recording");
  if (!response.ok || !response.body) {
    throw new VoiceDownloadError(
      "unreachable",
      `Telegram answered ${response.status} to the request for the recording`,
    );
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early cancels the rest of the body.
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  if (size === 0) throw new VoiceDownloadError("empty", "The recording has no bytes");
  return Buffer.concat(chunks, size);
}

function tooLarge(maxBytes: number): VoiceDownloadError {
  return new VoiceDownloadError(
    "too-large",
    `The recording is larger than ${maxBytes} bytes, the most that is accepted`,
  );
}

function toReason(error: unknown): string {
  if (isApiAnswer(error)) return ` (${error.error_code}: ${error.description})`;
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
}

/** An answer of the Bot API that is an error. */
function isApiAnswer(error: unknown): error is Error & { error_code: number; description: string } {
  return (
    error instanceof Error &&
    "error_code" in error &&
    typeof error.error_code === "number" &&
    "description" in error &&
    typeof error.description === "string"
  );
}
