import { randomBytes } from "node:crypto";

/** What bots may download; Telegram keeps larger files too, but refuses `getFile`. */
export const MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024;

export interface StoredFile {
  fileId: string;
  uniqueId: string;
  /** Below `/file/bot<token>/`. */
  path: string;
  mimeType: string;
  size: number;
  /** Undefined for a file that is too big to be downloaded. */
  content: Uint8Array<ArrayBuffer> | undefined;
}

/** Uploaded files, in memory. */
export class FileStore {
  readonly #byId = new Map<string, StoredFile>();
  readonly #byPath = new Map<string, StoredFile>();

  add(content: Uint8Array<ArrayBuffer>, mimeType: string): StoredFile {
    const file = {
      fileId: `AwAC${randomBytes(24).toString("base64url")}`,
      uniqueId: randomBytes(9).toString("base64url"),
      path: `voice/file_${this.#byId.size}.${toExtension(mimeType)}`,
      mimeType,
      size: content.byteLength,
      content: content.byteLength > MAX_DOWNLOAD_BYTES ? undefined : content,
    };
    this.#byId.set(file.fileId, file);
    this.#byPath.set(file.path, file);
    return file;
  }

  withId(fileId: string): StoredFile | undefined {
    return this.#byId.get(fileId);
  }

  atPath(path: string): StoredFile | undefined {
    return this.#byPath.get(path);
  }
}

function toExtension(mimeType: string): string {
  const known: Record<string, string> = {
    "audio/ogg": "oga",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/wav": "wav",
  };
  return known[mimeType] ?? mimeType.replace(/^[^/]*\//, "").replace(/[^a-z0-9]+/g, "-");
}
