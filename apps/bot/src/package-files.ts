import { findPackageJSON } from "node:module";
import { dirname, join } from "node:path";

// Found from the package's root, whether this runs from sources or bundled.
const manifest = findPackageJSON("..", import.meta.url);
const root = manifest ? dirname(manifest) : process.cwd();

/** Lessons, scenarios and the playbook. */
export const CONTENT_DIR = join(root, "data");
export const PIPELINES_DIR = join(root, "data/pipelines");
export const MIGRATIONS_DIR = join(root, "migrations");
