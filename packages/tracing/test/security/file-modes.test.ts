import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Spool } from "../../src/collector/spool/spool.ts";
import { startReceiver } from "../otlp/receiver.ts";
import { startProgram } from "../support/program.ts";
import { sampleRecord } from "../support/sample-record.ts";
import { intrude } from "./other-user.ts";

const SERVICE = new URL("./children/private-service.ts", import.meta.url);

/** A directory that everybody may look into, so that nothing is private by where it lies. */
function openDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), "modes-"));
  chmodSync(dir, 0o755);
  onTestFinished(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}

interface Entry {
  path: string;
  kind: "directory" | "file" | "socket" | "other";
  mode: string;
}

function entriesBelow(dir: string): Entry[] {
  return readdirSync(dir, { recursive: true, encoding: "utf8" }).map((name) => {
    const path = join(dir, name);
    const stat = lstatSync(path);
    const kind = stat.isDirectory()
      ? "directory"
      : stat.isFile()
        ? "file"
        : stat.isSocket()
          ? "socket"
          : "other";
    return { path, kind, mode: (stat.mode & 0o777).toString(8) };
  });
}

/** A service as it runs and, later, as it was killed. */
async function liveService(dataDir: string) {
  const receiver = await startReceiver();
  receiver.fault((request) =>
    request.spans.length === 0 ? undefined : { kind: "answer", status: request.spans.length > 1 ? 413 : 400 },
  );
  const service = startProgram(SERVICE, [dataDir, receiver.url]);
  onTestFinished(() => service.kill());
  const { socket, otlp } = JSON.parse(await service.line()) as {
    socket: string;
    otlp: { deadLettered: number };
  };
  expect(otlp.deadLettered).toBeGreaterThan(0);
  return { socket, pid: service.process.pid ?? 0 };
}

/** The TCP ports that a process listens on; none, where the database is reached through a socket in a private directory. */
function listeningPorts(pid: number): number[] {
  const fds = readdirSync(`/proc/${pid}/fd`).map((fd) => readLink(`/proc/${pid}/fd/${fd}`));
  const inodes = new Set(fds.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []));
  const lines = ["tcp", "tcp6"].flatMap((name) =>
    readFileSync(`/proc/${pid}/net/${name}`, "utf8").split("\n").slice(1),
  );
  return lines.flatMap((line) => {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    return state === "0A" && inodes.has(inode) ? [Number.parseInt(local.split(":")[1] ?? "", 16)] : [];
  });
}

/** Descriptors come and go while they are listed. */
function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

describe("what a service leaves on the disk, whatever its umask,", () => {
  it("is its user's alone: spools, checkpoints, dead letters, locks, keys, sockets, the embedded database", async () => {
    const dataDir = join(openDirectory(), "deep", "data");
    const { socket, pid } = await liveService(dataDir);
    const entries = entriesBelow(dataDir);
    const names = entries.map(({ path }) => relative(dataDir, path));
    for (const expected of [
      /^embedded\/key$/,
      /^embedded\/lock$/,
      /^embedded\/pgdata\/PG_VERSION$/,
      /^spool\/[^/]+\/lock$/,
      /^spool\/[^/]+\/checkpoint\.ndjson$/,
      /^spool\/[^/]+\/segment-/,
      /^spool-otlp\/[^/]+\/dead-letter\.ndjson$/,
    ]) {
      expect(
        names.some((name) => expected.test(name)),
        `${expected} among ${names.filter((name) => !name.includes("pgdata"))}`,
      ).toBe(true);
    }
    // Files that PostgreSQL makes later are private with the next start; until then their directories are.
    const own = entries.filter(({ path, kind }) => kind === "directory" || !path.includes("/pgdata/"));
    const wrong = own.filter(({ kind, mode }) => mode !== (kind === "directory" ? "700" : "600"));
    expect(wrong).toEqual([]);
    expect([dataDir, join(dataDir, "..")].map((dir) => (lstatSync(dir).mode & 0o777).toString(8))).toEqual([
      "700",
      "700",
    ]);
    expect((lstatSync(socket).mode & 0o777).toString(8)).toBe("600");

    if (process.platform === "linux") expect(listeningPorts(pid)).toEqual([]);

    if (process.getuid?.() === 0) {
      // Even where the directories above let everybody through.
      for (const dir of [join(dataDir, ".."), dataDir, join(dataDir, "spool"), join(dataDir, "spool-otlp")])
        chmodSync(dir, 0o755);
      const { listed, ...got } = await intrude([...entries.map(({ path }) => path), socket]);
      expect(got).toEqual({ read: [], written: [], connected: [] });
      expect(listed.map((path) => relative(dataDir, path)).toSorted()).toEqual(["spool", "spool-otlp"]);
    }
  }, 240_000);

  it("is private below a directory that was there before, which stays as it is", () => {
    const root = openDirectory();
    writeFileSync(join(root, "notes of another service"), "");
    const spool = plantedSpool(root);
    const modes = Object.fromEntries(
      entriesBelow(root).map(({ path, mode }) => [relative(root, path), mode]),
    );
    expect(modes[relative(root, spool)]).toBe("700");
    expect(modes["notes of another service"]).not.toBe("600");
    expect((lstatSync(root).mode & 0o777).toString(8)).toBe("755");
  });
});

/** A directory of a spool as a dead process leaves it, with one record. */
function plantedSpool(root: string): string {
  const dead = new Spool({ dir: root, onDrop: () => undefined, onWarn: () => undefined });
  dead.append([JSON.stringify(sampleRecord())]);
  dead.close();
  return dead.dir;
}

async function adoptFrom(root: string) {
  const warnings: string[] = [];
  const spool = new Spool({ dir: root, onDrop: () => undefined, onWarn: (line) => warnings.push(line) });
  onTestFinished(() => spool.close());
  const { spans } = await spool.adopt();
  return { spans, warnings };
}

describe("a spool's root in which others have planted something", () => {
  it("takes over what is private, also to a group", async () => {
    const root = openDirectory();
    plantedSpool(root);
    const shared = plantedSpool(root);
    chmodSync(shared, 0o770);
    expect(await adoptFrom(root)).toEqual({ spans: 2, warnings: [] });
  });

  it("leaves alone what any user may have written, and says so", async () => {
    const root = openDirectory();
    const planted = plantedSpool(root);
    chmodSync(planted, 0o777);
    const { spans, warnings } = await adoptFrom(root);
    expect(spans).toBe(0);
    expect(warnings).toEqual([
      expect.stringMatching(/may have been written by other users; it stays where it is\. .*chmod -R go=/),
    ]);
    expect(readdirSync(planted)).not.toEqual([]);
  });

  it("follows no symbolic link to a directory", async () => {
    const [root, elsewhere] = [openDirectory(), openDirectory()];
    const planted = plantedSpool(elsewhere);
    symlinkSync(planted, join(root, "1-0-0123456789ab"));
    expect(await adoptFrom(root)).toEqual({ spans: 0, warnings: [] });
  });

  it("warns when every user may remove what is in it, but not where each only may his own", async () => {
    const root = openDirectory();
    chmodSync(root, 0o777);
    expect((await adoptFrom(root)).warnings).toEqual([
      `Every user of this machine may remove what waits in the spool's root. Make it private: chmod go= ${root}`,
    ]);
    chmodSync(root, 0o1777);
    expect((await adoptFrom(root)).warnings).toEqual([]);
  });

  if (process.getuid?.() === 0) {
    it("as the superuser, takes over the directories of its owner and of no one else", async () => {
      const root = openDirectory();
      const planted = plantedSpool(root);
      chownSync(planted, 65_534, 65_534);
      const { spans, warnings } = await adoptFrom(root);
      expect([spans, warnings.length]).toEqual([0, 1]);
      chownSync(root, 65_534, 65_534);
      expect((await adoptFrom(root)).spans).toBe(1);
    });
  }
});
