import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";

/** A `.env` file that was read, and which variables hold because of it. */
export interface EnvFile {
  path: string;
  names: ReadonlySet<string>;
}

export interface LoadedEnv {
  env: NodeJS.ProcessEnv;
  file?: EnvFile;
}

/**
 * The environment, completed from `.env` in `directory`, so that the command line finds the store that a service
 * started there uses. What is set already stays.
 *
 * @throws when there is such a file and it cannot be read.
 */
export function loadEnv(directory: string, env: NodeJS.ProcessEnv): LoadedEnv {
  const path = join(directory, ".env");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { env };
    throw error;
  }
  const added = Object.entries(parseEnv(text)).filter(([name]) => env[name] === undefined);
  return {
    env: { ...Object.fromEntries(added), ...env },
    file: { path, names: new Set(added.map(([name]) => name)) },
  };
}
