import { readFileSync, realpathSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { dirname } from "node:path";

export interface InstalledPackage {
  version: string;
  /** Its real directory: two copies differ here. */
  directory: string;
}

/** The package that `name` leads to when it is imported from `from` (a file or file URL); undefined when it leads nowhere. */
export function findInstalledPackage(name: string, from: string | URL): InstalledPackage | undefined {
  let path: string | undefined;
  try {
    path = findPackageJSON(name, from);
  } catch {
    return undefined; // The resolver throws when there is no such package.
  }
  if (path === undefined) return undefined;
  const manifest: { version?: string } = JSON.parse(readFileSync(path, "utf8"));
  return { version: manifest.version ?? "unknown", directory: realpathSync(dirname(path)) };
}
