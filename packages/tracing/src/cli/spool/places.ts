import { otlpSpoolDir } from "../../otlp-spool.ts";
import { resolveStoreOptions } from "../../tracing-options.ts";
import type { CliIo } from "../io.ts";
import type { CommonFlags } from "../store-flags.ts";

/** Where the records of one destination wait. */
export interface SpoolPlace {
  destination: "store" | "otlp";
  /** Root; each process has a directory of its own below it. */
  dir: string;
}

/** The spools of a data directory, whatever the rest of the environment holds. */
export function settleSpools({ dataDir: flag }: CommonFlags, { env }: CliIo): SpoolPlace[] {
  const { spoolDir, dataDir } = resolveStoreOptions(flag === undefined ? {} : { dataDir: flag }, {
    TRACING_DATA_DIR: env.TRACING_DATA_DIR,
    DATA_DIR: env.DATA_DIR,
  });
  return [
    { destination: "store", dir: spoolDir },
    { destination: "otlp", dir: otlpSpoolDir(dataDir) },
  ];
}
