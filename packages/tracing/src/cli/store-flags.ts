import type { Command } from "commander";
import { invalidOption, TracingError } from "../core/errors.ts";
import type { StoreOptions } from "../tracing-options.ts";
import { readText, urlReader } from "./arguments.ts";

/** Options that every command has. */
export interface CommonFlags {
  json?: boolean;
  dataDir?: string;
  databaseUrl?: string;
  insforgeUrl?: string;
}

const readDatabaseUrl = urlReader(["postgres:", "postgresql:"]);
const readServerUrl = urlReader(["https:", "http:"]);

/** The key has no flag on purpose: a command line is visible to every user of the machine, and stays in its history. */
export function withCommonFlags(command: Command): Command {
  return command
    .option("--json", "print JSON for programs")
    .optionsGroup("Store, where it is not the one of the environment:")
    .option(
      "--data-dir <dir>",
      "directory of spool and embedded store (TRACING_DATA_DIR, DATA_DIR)",
      (text) => readText("--data-dir", text),
    )
    .option("--database-url <url>", "PostgreSQL at this address (DATABASE_URL)", (text) =>
      readDatabaseUrl("--database-url", text),
    )
    .option(
      "--insforge-url <url>",
      "InsForge at this address (INSFORGE_BASE_URL); its key comes from INSFORGE_API_KEY only",
      (text) => readServerUrl("--insforge-url", text),
    );
}

/** Whether the command line itself says which store is meant. */
export function namesStore({ databaseUrl, insforgeUrl }: CommonFlags): boolean {
  return databaseUrl !== undefined || insforgeUrl !== undefined;
}

/** What the flags say of the store; the environment fills in the rest. */
export function toStoreOptions(flags: CommonFlags, env: NodeJS.ProcessEnv): StoreOptions {
  const { dataDir, databaseUrl, insforgeUrl } = flags;
  if (databaseUrl !== undefined && insforgeUrl !== undefined) {
    throw invalidOption("--insforge-url", insforgeUrl, "either this or --database-url, not both");
  }
  return {
    ...(dataDir !== undefined && { dataDir }),
    ...(databaseUrl !== undefined && { databaseUrl }),
    ...(insforgeUrl !== undefined && { insforge: { baseUrl: insforgeUrl, apiKey: requireKey(env) } }),
  };
}

function requireKey(env: NodeJS.ProcessEnv): string {
  const key = env.INSFORGE_API_KEY?.trim();
  if (key) return key;
  throw new TracingError("invalid-option", "--insforge-url needs a key, and INSFORGE_API_KEY is not set.", {
    hint: "Set INSFORGE_API_KEY to the project's API key (it begins with ik_).",
  });
}
