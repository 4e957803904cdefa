import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { onTestFinished } from "vitest";
import { query } from "../support/postgres-server.ts";
import { type Program, startProgram } from "../support/program.ts";

/** A service in a process of its own. */
export interface Service extends Program {
  ask(command: string): Promise<unknown>;
}

/** Starts `children/service.ts`, which ends with the test at the latest. */
export async function startService(...args: string[]): Promise<Service> {
  const program = startProgram(new URL("./children/service.ts", import.meta.url), args);
  onTestFinished(() => program.kill());
  await program.line();
  return {
    ...program,
    async ask(command) {
      program.tell(command);
      return JSON.parse(await program.line());
    },
  };
}

/** The files below a directory that hold any of these words, without the names of processes' directories. */
export function filesWith(root: string, words: readonly string[]): string[] {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => {
      const bytes = readFileSync(path);
      return words.some((word) => bytes.includes(word));
    })
    .map((path) => relative(root, path));
}

/** How many rows of which tables of a schema hold any of these words anywhere. */
export async function rowsWith(
  url: string,
  words: readonly string[],
  schema = "tracing",
): Promise<Record<string, number>> {
  const tables = await query(
    url,
    `SELECT c.oid::regclass::text AS name FROM pg_class c
     WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`,
    [schema],
  );
  const found: Record<string, number> = {};
  for (const { name } of tables) {
    const [row] = await query(url, `SELECT count(*)::int AS rows FROM ${name} t WHERE t::text ~ $1`, [
      words.join("|"),
    ]);
    if (Number(row?.rows) > 0) found[String(name)] = Number(row?.rows);
  }
  return found;
}
