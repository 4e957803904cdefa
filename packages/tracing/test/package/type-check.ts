import { createRequire } from "node:module";
import type { Project } from "./installed-project.ts";

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

/** As a careful consumer has it: strict, and the types of packages are checked as well. */
const CONSUMER = {
  ...{ target: "es2022", lib: ["es2024"], module: "nodenext", moduleDetection: "force", types: ["node"] },
  ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false },
  ...{ verbatimModuleSyntax: true, rewriteRelativeImportExtensions: true, noEmitOnError: true },
};

export interface TypeCheckConfig {
  compilerOptions?: Record<string, unknown>;
  files: readonly string[];
}

/** Compiles files of a project there; rejects with the compiler's complaints. */
export async function typeCheck(
  project: Project,
  config: string,
  { compilerOptions, files }: TypeCheckConfig,
) {
  project.write(config, JSON.stringify({ compilerOptions: { ...CONSUMER, ...compilerOptions }, files }));
  await project.nodeOutput(tsc, "-p", config);
}
