import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = new URL("../../../../", import.meta.url);
const textOf = (path: string) => readFileSync(new URL(path, root), "utf8");

it.each(["docs/security.md", "docs/reliability.md"])("%s names only tests that are there", (document) => {
  const named = [
    ...textOf(document).matchAll(/`((?:apps|packages)\/[^`]+\/|(?:apps|packages)\/[^`]+\.test\.ts)`/g),
  ];
  const paths = named.map(([, path = ""]) => path);
  expect(paths.length).toBeGreaterThan(0);
  expect(paths.filter((path) => !existsSync(fileURLToPath(new URL(path, root))))).toEqual([]);
});
