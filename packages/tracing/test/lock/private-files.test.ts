import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { isAlien, isOpenToAll, makePrivate } from "../../src/lock/private-files.ts";

function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), "private-files-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

it("a directory is made private with all that is in it, but not what a link leads to", () => {
  const [dir, elsewhere] = [scratch(), scratch()];
  mkdirSync(join(dir, "a/b"), { recursive: true });
  writeFileSync(join(dir, "a/b/file"), "");
  writeFileSync(join(elsewhere, "file"), "");
  symlinkSync(elsewhere, join(dir, "a/link"));
  for (const path of ["a", "a/b"]) chmodSync(join(dir, path), 0o777);
  chmodSync(join(dir, "a/b/file"), 0o666);
  chmodSync(elsewhere, 0o755);
  chmodSync(join(elsewhere, "file"), 0o644);

  makePrivate(join(dir, "a"));
  expect(["a", "a/b", "a/b/file"].map((path) => modeOf(join(dir, path)))).toEqual(["700", "700", "600"]);
  expect([modeOf(elsewhere), modeOf(join(elsewhere, "file"))]).toEqual(["755", "644"]);
});

it.each([
  [0o700, false, false],
  [0o755, false, false],
  [0o770, false, false],
  [0o777, true, true],
  [0o1777, true, false],
])("with mode %o, a directory is alien: %s, open to all: %s", (mode, alien, open) => {
  const dir = scratch();
  chmodSync(dir, mode);
  expect([isAlien(dir, dir), isOpenToAll(dir)]).toEqual([alien, open]);
});

it("a directory that is not there is not open to all", () => {
  expect(isOpenToAll(join(scratch(), "absent"))).toBe(false);
});
