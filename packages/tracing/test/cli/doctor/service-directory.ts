import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "./examination.ts";

/** A service's directory that depends on these packages, and has them installed. */
export function service(packages: Readonly<Record<string, string>>): string {
  const directory = scratch();
  writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "service", dependencies: packages }));
  for (const [name, version] of Object.entries(packages)) {
    const path = join(directory, "node_modules", name);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "package.json"), JSON.stringify({ name, version, main: "index.js" }));
    writeFileSync(join(path, "index.js"), "");
  }
  return directory;
}
