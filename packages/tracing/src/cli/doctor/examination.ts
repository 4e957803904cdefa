import { existsSync } from "node:fs";
import { type OpenStore, openResolvedStore } from "../../open-store.ts";
import { type ResolvedStoreOptions, resolveStoreOptions } from "../../tracing-options.ts";
import type { CliIo } from "../io.ts";
import { type CommonFlags, toStoreOptions } from "../store-flags.ts";
import type { Examination } from "./finding.ts";

/**
 * Gathers what checks look at, hands it to `use` and closes the store again. Faults of configuration and store are part
 * of the examination; only bad flags are thrown.
 */
export async function withExamination<T>(
  flags: CommonFlags,
  io: CliIo,
  use: (examination: Examination) => Promise<T>,
): Promise<T> {
  const { options, optionsError } = settle(flags, io);
  const { store, openError } = options ? await open(options) : {};
  try {
    return await use({
      io,
      options,
      optionsError,
      store,
      openError,
      spoolDir: (options ?? settleDirectories(flags, io)).spoolDir,
    });
  } finally {
    await store?.close();
  }
}

function settle(flags: CommonFlags, io: CliIo): { options?: ResolvedStoreOptions; optionsError?: unknown } {
  const fromFlags = toStoreOptions(flags, io.env);
  try {
    return { options: resolveStoreOptions(fromFlags, io.env) };
  } catch (optionsError) {
    return { optionsError };
  }
}

/** Directories alone, whatever the rest of the environment holds. */
function settleDirectories({ dataDir }: CommonFlags, { env }: CliIo): ResolvedStoreOptions {
  return resolveStoreOptions(dataDir === undefined ? {} : { dataDir }, {
    TRACING_DATA_DIR: env.TRACING_DATA_DIR,
    DATA_DIR: env.DATA_DIR,
  });
}

async function open(options: ResolvedStoreOptions): Promise<{ store?: OpenStore; openError?: unknown }> {
  // Opening would make it, which takes a while and is not for an examination to do.
  if (options.store.kind === "embedded" && !existsSync(options.embeddedDir)) return {};
  try {
    return { store: await openResolvedStore(options) };
  } catch (openError) {
    return { openError };
  }
}
