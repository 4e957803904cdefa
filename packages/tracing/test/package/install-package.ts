import { globSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { commandEnv, type NpmSource, npmInstall, output } from "./commands.ts";

const packageDir = fileURLToPath(new URL("../../", import.meta.url));

export interface InstalledPackage {
  /** What `pnpm pack` made of the package. */
  tarball: string;
  /** A project that was empty before the tarball and its peers were installed into it. */
  project: string;
  /** Where tests make projects of their own. */
  root: string;
  npm: NpmSource;
}

declare module "vitest" {
  export interface ProvidedContext {
    installedPackage: InstalledPackage;
  }
}

/** The peers a service may configure; the root entry needs only the first. */
const PEERS = [
  "@opentelemetry/api",
  "@insforge/sdk",
  "@electric-sql/pglite",
  "pg",
  "@opentelemetry/otlp-transformer",
];

/** Packs the package as it would be published and installs it as its users do, once for all test files. */
export default async function installPackage(vitest: TestProject): Promise<() => void> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "tracing-package-")));
  const remove = () => rmSync(root, { recursive: true, force: true });
  try {
    const home = join(root, "home");
    mkdirSync(home);
    const [tarball, npm] = await Promise.all([pack(root), npmSource(home)]);
    const project = join(root, "project");
    await npmInstall(project, [tarball, ...PEERS, "@types/node"], npm);
    vitest.provide("installedPackage", { tarball, project, root, npm });
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}

async function pack(root: string): Promise<string> {
  if (isStale()) await output("npx", ["-y", "pnpm", "run", "build"], inPackage);
  await output("npx", ["-y", "pnpm", "pack", "--pack-destination", root], inPackage);
  const [tarball] = globSync(join(root, "*.tgz"));
  if (tarball === undefined) throw new Error("pnpm pack left no tarball");
  return tarball;
}

const inPackage = { cwd: packageDir, env: { ...commandEnv(homedir()), CI: "true" } };

/** Whether a source is newer than what was built; turbo builds before it tests, and a person may not. */
function isStale(): boolean {
  const built = statSync(join(packageDir, "dist/index.js"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = globSync(["src/**/*.ts", "package.json", "tsup.config.ts"], { cwd: packageDir });
  return sources.some((path) => statSync(join(packageDir, path)).mtimeMs > built);
}

/** The registry and cache this machine uses; nothing else of its configuration reaches the projects. */
async function npmSource(home: string): Promise<NpmSource> {
  const get = async (key: string) => {
    const options = { cwd: home, env: commandEnv(homedir()) };
    return (await output("npm", ["config", "get", key], options)).trim();
  };
  const [registry, cache] = await Promise.all([get("registry"), get("cache")]);
  return { registry, cache, home };
}
