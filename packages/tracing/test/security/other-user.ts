import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, constants, copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An unprivileged user; only the superuser can become one. */
const OTHER_USER = 65_534;

/** What another user of the machine got at. */
export interface Intrusion {
  read: string[];
  listed: string[];
  written: string[];
  connected: string[];
}

/** Tries every path in every way; prints what it got at. */
const PROGRAM = `
  const { readdirSync, readFileSync, appendFileSync } = require("node:fs");
  const { connect } = require("node:net");
  const { join } = require("node:path");
  const got = { read: [], listed: [], written: [], connected: [] };
  const attempt = (kind, path, act) => { try { act(); got[kind].push(path); } catch {} };
  const paths = JSON.parse(process.argv[2]);
  for (const path of paths) {
    attempt("read", path, () => readFileSync(path));
    attempt("listed", path, () => readdirSync(path));
    attempt("written", path, () => appendFileSync(path, ""));
    attempt("written", path, () => appendFileSync(join(path, "planted"), ""));
  }
  let open = paths.length;
  const done = () => { if (--open === 0) console.log(JSON.stringify(got)); };
  for (const path of paths) {
    connect(path).on("connect", function () { got.connected.push(path); this.destroy(); done(); }).on("error", done);
  }`;

/** Has another user of the machine try to read, list, write and connect to all of the paths. */
export async function intrude(paths: readonly string[]): Promise<Intrusion> {
  const home = mkdtempSync(join(tmpdir(), "intruder-"));
  try {
    chmodSync(home, 0o755);
    // The checkout may lie below a directory that only the superuser may enter.
    const node = join(home, "node");
    copyFileSync(process.execPath, node, constants.COPYFILE_FICLONE);
    chmodSync(node, 0o755);
    const program = join(home, "intrude.cjs");
    writeFileSync(program, PROGRAM, { mode: 0o644 });
    const child = spawn(node, [program, JSON.stringify(paths)], {
      uid: OTHER_USER,
      gid: OTHER_USER,
      cwd: home,
      env: {},
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    await once(child, "close");
    return JSON.parse(output) as Intrusion;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
