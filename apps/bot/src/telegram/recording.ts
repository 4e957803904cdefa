import { MAX_DOWNLOAD_BYTES, VoiceDownloadError } from "./download-voice.ts";

/** What Telegram says of a recording; all of it comes from whoever sent it. */
export interface Recording {
  file_size?: number | undefined;
  /** In seconds. */
  duration?: number | undefined;
  mime_type?: string | undefined;
}

const MAX_SECONDS = 15 * 60;
const SOUND = /^(audio|video)\/|^application\/ogg\b/i;

/**
 * Refuses a recording by what is said of it, before a byte is fetched.
 *
 * @throws {VoiceDownloadError}
 */
export function checkRecording({ file_size: bytes = 0, duration = 0, mime_type: type }: Recording): void {
  if (bytes > MAX_DOWNLOAD_BYTES)
    throw new VoiceDownloadError("too-large", `The recording has ${bytes} bytes, by what is said of it`);
  if (duration > MAX_SECONDS)
    throw new VoiceDownloadError("too-long", `The recording takes ${duration} s, by what is said of it`);
  if (type && !SOUND.test(type))
    throw new VoiceDownloadError("no-sound", "The recording is said to be of a type that is no sound");
}
