import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeDirectory } from "../../src/lock/make-directory.ts";

function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), "make-directory-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe("makeDirectory", () => {
  it("makes what is missing, private to its user", () => {
    const root = scratch();
    makeDirectory(join(root, "a", "b", "c"));
    expect(["a", "a/b", "a/b/c"].map((path) => modeOf(join(root, path)))).toEqual(["700", "700", "700"]);
  });

  it("leaves what is there as it is, behind a symbolic link as well", () => {
    const root = scratch();
    mkdirSync(join(root, "there"), { mode: 0o755 });
    symlinkSync(join(root, "there"), join(root, "link"));
    makeDirectory(join(root, "there"));
    makeDirectory(join(root, "link"));
    makeDirectory(join(root, "link", "below"));
    expect([modeOf(join(root, "there")), modeOf(join(root, "there", "below"))]).toEqual(["755", "700"]);
  });

  it("throws where a file is in the way, or a link that leads nowhere", () => {
    const root = scratch();
    writeFileSync(join(root, "file"), "");
    symlinkSync(join(root, "nowhere"), join(root, "link"));
    for (const path of ["file", "file/below", "link"]) {
      expect(() => makeDirectory(join(root, path))).toThrow(/EEXIST|ENOTDIR/);
    }
  });

  if (process.platform === "linux") {
    it("returns from a file system that takes no directories", () => {
      expect(() => makeDirectory("/proc/tracing/spool")).toThrow(/ENOENT/);
    });
  }
});
