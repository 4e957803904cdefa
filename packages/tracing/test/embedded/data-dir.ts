import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { DATABASE_DIR } from "../../src/embedded/owner.ts";
import { PgliteHost } from "../../src/embedded/pglite-host.ts";

/** Where databases of tests are put: in memory where there is such a place, since each takes 30 MB. */
export const SCRATCH_ROOT = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** How long a test may take that starts databases, on a machine that does other things too. */
export const PATIENT = { timeout: 120_000 };

/** An empty directory that goes away with the test. */
export function scratchDir(): string {
  const dir = mkdtempSync(join(SCRATCH_ROOT, "embedded-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A data directory with an empty database in it, copied in a moment where making one takes seconds. */
export async function freshDataDir(parent = scratchDir()): Promise<string> {
  const dataDir = join(parent, "data");
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  cpSync(await emptyDatabase(), join(dataDir, DATABASE_DIR), { recursive: true });
  return dataDir;
}

/** An initialised database that nobody opens, kept between test runs. */
async function emptyDatabase(): Promise<string> {
  const main = createRequire(import.meta.url).resolve("@electric-sql/pglite");
  const { version } = JSON.parse(readFileSync(join(dirname(main), "../package.json"), "utf8")) as {
    version: string;
  };
  const kept = join(SCRATCH_ROOT, `tracing-test-pglite-${version}-4mb-${process.getuid?.() ?? "user"}`);
  if (existsSync(kept)) return kept;
  const draft = `${kept}.${randomBytes(4).toString("hex")}`;
  const host = new PgliteHost({ databaseDir: draft });
  await host.open();
  await host.close();
  try {
    renameSync(draft, kept);
  } catch (error) {
    // Another test file was faster.
    if (!existsSync(kept)) throw error;
    rmSync(draft, { recursive: true });
  }
  return kept;
}
