import { existsSync } from "node:fs";
import { type OpenStore, openResolvedStore } from "../../open-store.ts";
import { resolveOtlpOptions } from "../../otlp/otlp-options.ts";
import { otlpSpoolDir } from "../../otlp-spool.ts";
import { type ResolvedStoreOptions, resolveStoreOptions, sourceOfNoStore } from "../../tracing-options.ts";
import type { CliIo } from "../io.ts";
import { type CommonFlags, namesStore, toStoreOptions } from "../store-flags.ts";
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
  const { options, noStore, optionsError } = settle(flags, io);
  const { store, openError } = options && noStore === undefined ? await open(options) : {};
  const { spoolDir, dataDir } = options ?? settleDirectories(flags, io);
  try {
    return await use({
      io,
      options,
      optionsError,
      store,
      openError,
      spoolDir,
      otlpSpoolDir: otlpSpoolDir(dataDir),
      noStore,
      otlp: undefined,
      otlpError: undefined,
      ...settleOtlp(io),
    });
  } finally {
    await store?.close();
  }
}

type Settled = Partial<Pick<Examination, "options" | "noStore" | "optionsError">>;

function settle(flags: CommonFlags, { env }: CliIo): Settled {
  const fromFlags = toStoreOptions(flags, env);
  try {
    const noStore = namesStore(flags) ? undefined : sourceOfNoStore({}, env);
    return { noStore, options: resolveStoreOptions(fromFlags, env) };
  } catch (optionsError) {
    return { optionsError };
  }
}

function settleOtlp({ env }: CliIo): Partial<Pick<Examination, "otlp" | "otlpError">> {
  try {
    return { otlp: resolveOtlpOptions(undefined, env) };
  } catch (otlpError) {
    return { otlpError };
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
