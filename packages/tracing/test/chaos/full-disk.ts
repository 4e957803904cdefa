import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LaunchOptions } from "./coach.ts";
import { NOBODY } from "./nobody.ts";
import type { Scene } from "./scene.ts";

/** A data directory that takes no more, or soon will not, until {@link free} is called. */
export interface FullDisk {
  dataDir: string;
  /** How the service is started that must feel it. */
  launch: LaunchOptions;
  /** The code of the error that it gives. */
  code: string;
  free(): void;
}

const UNPRIVILEGED = new URL("services/unprivileged.ts", import.meta.url);

/** A file system of 1 MB, half of it free, which gets space when something else on it is deleted; undefined where none can be mounted. */
export function mountSmallDisk(scene: Scene): FullDisk | undefined {
  const dataDir = scene.dir();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", dataDir], { stdio: "ignore" });
  } catch {
    return undefined; // Only root may, and not in every container, nor on every system.
  }
  scene.defer(() => void execFileSync("umount", ["-l", dataDir]));
  const ballast = join(dataDir, "ballast");
  writeFileSync(ballast, Buffer.alloc(500_000));
  return { dataDir, launch: {}, code: "ENOSPC", free: () => rmSync(ballast) };
}

/** A directory that its owner may not write to. */
export function readOnlyDirectory(scene: Scene): FullDisk {
  const dataDir = scene.dir();
  if (process.getuid?.() === 0) chownSync(dataDir, NOBODY, NOBODY);
  chmodSync(dataDir, 0o500);
  return {
    dataDir,
    launch: { imports: [UNPRIVILEGED] },
    code: "EACCES",
    free: () => chmodSync(dataDir, 0o700),
  };
}
