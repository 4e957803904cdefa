import { join } from "node:path";

/** Where what is sent over OTLP waits, in a data directory. */
export function otlpSpoolDir(dataDir: string): string {
  return join(dataDir, "spool-otlp");
}
