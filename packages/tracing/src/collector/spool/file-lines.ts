import { closeSync, fstatSync, openSync } from "node:fs";
import { type Line, LineCursor } from "./line-cursor.ts";

/** A line of a file that somebody else may be writing to. */
export interface FileLine {
  line: Line;
  start: number;
  /** Whether its line break is there; without one it may be in the middle of being written. */
  ended: boolean;
}

/** The lines that a file holds now; each is valid until the next one is asked for. @throws when it cannot be read. */
export async function* linesOfFile(fd: number): AsyncGenerator<FileLine> {
  const { size } = fstatSync(fd);
  const cursor = new LineCursor(0);
  for (let start = 0; ; ) {
    const line = cursor.next(size);
    if (line === "end" || (line === "more" && !(await cursor.fill(fd, size)))) return;
    if (line === "more") continue;
    yield { line, start, ended: line.end - start > line.raw.length };
    start = line.end;
  }
}

/**
 * Opens a file, hands it to `use` and closes it again; undefined when it is gone.
 *
 * @throws when it is there and cannot be opened.
 */
export async function withFile<T>(
  path: string,
  flags: "r" | "r+",
  use: (fd: number) => T | Promise<T>,
): Promise<T | undefined> {
  let fd: number;
  try {
    fd = openSync(path, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return await use(fd);
  } finally {
    closeSync(fd);
  }
}
