import { randomBytes } from "node:crypto";
import type { MadeContent } from "./made-content.ts";

/** What bots may download; Telegram keeps larger files too, but refuses `getFile`. */
export const MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024;

export interface StoredFile {
  fileId: string;
  uniqueId: string;
  /** Below `/file/bot<token>/`. */
  path: string;
  mimeType: string;
  /** As `getFile` tells it; undefined when it does not. */
  size: number | undefined;
  /** Undefined for a file that is too big to be downloaded. */
  content: FileContent | undefined;
}

export type FileContent = Uint8Array<ArrayBuffer> | MadeContent;

/** Uploaded files, in memory. */
export class FileStore {
  readonly #byId = new Map<string, StoredFile>();
  readonly #byPath = new Map<string, StoredFile>();

  add(content: Uint8Array<ArrayBuffer>, mimeType: string): StoredFile {
    const kept = content.byteLength > MAX_DOWNLOAD_BYTES ? undefined : content;
    return this.#keep(kept, content.byteLength, mimeType);
  }

  /** A file that may lie about its size, and is made up while it is downloaded. */
  addMade(content: MadeContent, declaredBytes: number | undefined): StoredFile {
    return this.#keep(content, declaredBytes, "audio/ogg");
  }

  withId(fileId: string): StoredFile | undefined {
    return this.#byId.get(fileId);
  }

  atPath(path: string): StoredFile | undefined {
    return this.#byPath.get(path);
  }

  #keep(content: FileContent | undefined, size: number | undefined, mimeType: string): StoredFile {
    const file = {
      fileId: `AwAC${randomBytes(24).toString("base64url")}`,
      uniqueId: randomBytes(9).toString("base64url"),
      path: `voice/file_${this.#byId.size}.${toExtension(mimeType)}`,
      mimeType,
      size,
      content,
    };
    this.#byId.set(file.fileId, file);
    this.#byPath.set(file.path, file);
    return file;
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
