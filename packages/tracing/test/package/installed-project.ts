import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { inject } from "vitest";
import type { TraceDetail } from "../../src/store/trace-repo.ts";
import { commandEnv, type Ended, npmInstall, output, run } from "./commands.ts";

const HOLDER = `
import { startTracing } from "@app/tracing";
const tracing = await startTracing({ logger: { info() {}, warn: console.error } });
await tracing.repo.schemaVersion();
process.stdin.resume().once("end", () => tracing.shutdown());
console.log("open");
`;

export interface ProjectOptions {
  /** Program that runs scripts and the command. @default this Node */
  node?: string;
  env?: NodeJS.ProcessEnv;
}

/** A directory as a user of the package has it, with its data, and a shell in it. */
export class Project {
  readonly dir: string;
  readonly #node: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(dir: string, { node = process.execPath, env = {} }: ProjectOptions = {}) {
    this.dir = dir;
    this.#node = node;
    this.#env = { ...commandEnv(inject("installedPackage").npm.home, node), ...env };
  }

  /** Shares what is installed with all other tests, and nothing else. */
  static create(options: ProjectOptions = {}): Project {
    const { root, project } = inject("installedPackage");
    const dir = mkdtempSync(join(root, "case-"));
    copyFileSync(join(project, "package.json"), join(dir, "package.json"));
    symlinkSync(join(project, "node_modules"), join(dir, "node_modules"));
    return new Project(dir, options);
  }

  /** Empty before the packed library and these packages were installed. */
  static async install(name: string, packages: readonly string[]): Promise<Project> {
    const { root, tarball, npm } = inject("installedPackage");
    const dir = join(root, name);
    await npmInstall(dir, [tarball, ...packages], npm);
    return new Project(dir);
  }

  /** The same directory and data, in another environment. */
  with(options: ProjectOptions): Project {
    return new Project(this.dir, options);
  }

  /** What `npm init` asks for, and this machine's npm does not set by itself. */
  setType(type: "module" | "commonjs"): void {
    const manifest = JSON.parse(readFileSync(this.path("package.json"), "utf8")) as object;
    this.write("package.json", JSON.stringify({ ...manifest, type }));
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  write(name: string, text: string): void {
    mkdirSync(join(this.path(name), ".."), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  async installMore(packages: readonly string[]): Promise<void> {
    await npmInstall(this.dir, packages, inject("installedPackage").npm);
  }

  /**
   * Starts a service that owns this project's embedded store, so that what runs here meanwhile need not open it; resolves
   * to what ends it.
   */
  async holdStoreOpen(): Promise<() => Promise<void>> {
    this.write("holder.mjs", HOLDER);
    const holder = spawn(this.#node, ["holder.mjs"], {
      cwd: this.dir,
      env: this.#env,
      stdio: ["pipe", "pipe", "inherit"],
    });
    const exited = once(holder, "exit");
    const [first] = await Promise.race([once(holder.stdout, "data"), exited]);
    if (String(first) !== "open\n") throw new Error(`The holder of the store ended with ${String(first)}`);
    return async () => {
      holder.stdin.end();
      await exited;
    };
  }

  node(...args: string[]): Promise<Ended> {
    return run(this.#node, args, { cwd: this.dir, env: this.#env });
  }

  /** As {@link node}, for what must exit with 0; resolves to what it printed. */
  nodeOutput(...args: string[]): Promise<string> {
    return output(this.#node, args, { cwd: this.dir, env: this.#env });
  }

  /** A program that goes on until it is told to end; what it complains about goes to the test's own standard error. */
  start(...args: string[]): ChildProcessByStdio<null, Readable, null> {
    return spawn(this.#node, args, { cwd: this.dir, env: this.#env, stdio: ["ignore", "pipe", "inherit"] });
  }

  /** `npx tracing ...`, which finds the installed command. */
  tracing(...args: string[]): Promise<Ended> {
    return run("npx", ["--no-install", "tracing", ...args], { cwd: this.dir, env: this.#env });
  }

  async tracingJson<T>(...args: string[]): Promise<T> {
    const command = ["--no-install", "tracing", ...args, "--json"];
    return JSON.parse(await output("npx", command, { cwd: this.dir, env: this.#env })) as T;
  }
}

/** A stored span by its name, with those below it by name. */
export interface StoredTree {
  name: string;
  children: StoredTree[];
}

/**
 * What hangs together from the root of a stored trace, or from another service's span; spans outside of it are left out, and
 * so fail a comparison.
 */
export function toStoredTree(
  { spans }: Pick<TraceDetail, "spans">,
  caller: string | null = null,
): StoredTree[] {
  const under = (parentSpanId: string | null): StoredTree[] =>
    spans
      .filter((span) => span.parentSpanId === parentSpanId)
      .map((span) => ({ name: span.name, children: under(span.spanId) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  return under(caller);
}
