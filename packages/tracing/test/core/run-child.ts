import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** What a program of `children/` prints; rejects when it fails. */
export async function runChild(name: string, args: string[] = [], flags: string[] = []): Promise<string> {
  const path = fileURLToPath(new URL(`children/${name}.ts`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, path, ...args]);
  return stdout;
}
