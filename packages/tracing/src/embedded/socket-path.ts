import { existsSync, mkdtempSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

const SOCKET_NAME = "embedded.sock";
/** Names the socket when it is not in the directory itself. */
const ELSEWHERE_FILE = "socket";
const RUNTIME_PREFIX = "tracing-";
/** Below what `sockaddr_un` holds on macOS (104) and Linux (108), its final NUL included. */
const MAX_PATH_BYTES = 100;

/** Where the owner of a directory listens, or last did. */
export function findSocket(dataDir: string): string {
  const elsewhere = join(dataDir, ELSEWHERE_FILE);
  return existsSync(elsewhere) ? readFileSync(elsewhere, "utf8") : join(dataDir, SOCKET_NAME);
}

/**
 * Removes the socket that a dead owner left and chooses the path of the new one: in the directory, or when that would be
 * too long, in a private one made under `XDG_RUNTIME_DIR` or the temporary directory, which a file in the directory
 * names. Only the holder of the directory's lock may call this.
 */
export function prepareSocketPath(dataDir: string): string {
  removeSocket(dataDir);
  const inside = join(dataDir, SOCKET_NAME);
  if (Buffer.byteLength(inside) <= MAX_PATH_BYTES) return inside;
  const path = join(mkdtempSync(join(runtimeDir(), RUNTIME_PREFIX)), SOCKET_NAME);
  const elsewhere = join(dataDir, ELSEWHERE_FILE);
  writeFileSync(`${elsewhere}.new`, path, { mode: 0o600 });
  renameSync(`${elsewhere}.new`, elsewhere);
  return path;
}

/** Only the holder of the directory's lock may call this. */
export function removeSocket(dataDir: string): void {
  const path = findSocket(dataDir);
  const parent = dirname(path);
  if (basename(path) !== SOCKET_NAME) return;
  rmSync(path, { force: true });
  if (parent === dataDir) return;
  if (basename(parent).startsWith(RUNTIME_PREFIX) && existsSync(parent)) rmdirSync(parent);
  rmSync(join(dataDir, ELSEWHERE_FILE), { force: true });
}

function runtimeDir(): string {
  const candidates = [process.env.XDG_RUNTIME_DIR, tmpdir(), "/tmp"];
  const fits = (dir: string | undefined): dir is string =>
    dir !== undefined &&
    existsSync(dir) &&
    Buffer.byteLength(join(dir, `${RUNTIME_PREFIX}XXXXXX`, SOCKET_NAME)) <= MAX_PATH_BYTES;
  return candidates.find(fits) ?? "/tmp";
}
