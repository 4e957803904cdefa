import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { encoded, openSpool, scratch } from "./records.ts";
import { describeSpoolContract } from "./spool-contract.ts";

describeSpoolContract("on disk", scratch);

/** Places in which no directory can be made, for the reasons that this machine can really give. */
const REFUSALS: Record<string, { root: string; code: RegExp }> = {
  "a file is in the way": { root: blocked(), code: /ENOTDIR|EEXIST/ },
  ...mounted("the directory is read-only", "ro", /EROFS/),
  ...mounted("the disk is full", "size=4k,nr_inodes=1", /ENOSPC/),
  ...forbidden("the directory is somebody else's", /EACCES/),
};

for (const [why, { root, code }] of Object.entries(REFUSALS)) {
  describeSpoolContract(`in memory, since ${why}`, () => root);

  it(`says once that ${why}`, () => {
    const { spool, warnings } = openSpool(root);
    for (let id = 0; id < 10; id++) spool.append([encoded("span", id)]);
    expect(warnings).toEqual([expect.stringMatching(code)]);
    expect(spool.pendingSpans).toBe(10);
  });
}

function place(): string {
  const dir = mkdtempSync(join(tmpdir(), "spool-refusal-"));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function blocked(): string {
  const file = join(place(), "file");
  writeFileSync(file, "");
  return join(file, "spool");
}

/** A file system of its own, where this process may mount one. */
function mounted(why: string, options: string, code: RegExp): typeof REFUSALS {
  const dir = join(place(), "mount");
  mkdirSync(dir);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", dir], { stdio: "ignore" });
  } catch {
    return {};
  }
  afterAll(() => void execFileSync("umount", [dir]));
  return { [why]: { root: join(dir, "spool"), code } };
}

/** The superuser may write anywhere. */
function forbidden(why: string, code: RegExp): typeof REFUSALS {
  if (process.getuid?.() === 0) return {};
  const dir = place();
  chmodSync(dir, 0o500);
  return { [why]: { root: join(dir, "spool"), code } };
}
