import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Whether this user may mount a file system, as root may outside of most containers. */
export const canMount = process.platform === "linux" && tryMount();

/** A file system of 256 KB in memory, gone with the test; only where one {@link canMount}. */
export function mountSmallDisk(): string {
  const directory = mount();
  onTestFinished(() => unmount(directory));
  return directory;
}

function tryMount(): boolean {
  try {
    unmount(mount());
    return true;
  } catch {
    return false;
  }
}

function mount(): string {
  const directory = mkdtempSync(join(tmpdir(), "tracing-small-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", directory], { stdio: "ignore" });
  } catch (error) {
    rmSync(directory, { recursive: true });
    throw error;
  }
  return directory;
}

function unmount(directory: string): void {
  execFileSync("umount", ["-l", directory], { stdio: "ignore" });
  rmSync(directory, { recursive: true });
}
