import { appendFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { spoolContentCheck, spoolDirectoryCheck } from "../../../src/cli/doctor/spool.ts";
import { Spool } from "../../../src/collector/spool/spool.ts";
import { sampleRecord } from "../../support/sample-record.ts";
import { examine, failed, scratch, warned } from "./examination.ts";

function openSpool(dir: string): Spool {
  const spool = new Spool({ dir, onDrop: () => undefined, onWarn: () => undefined });
  onTestFinished(() => spool.close());
  return spool;
}

const lines = (count: number) => Array.from({ length: count }, () => JSON.stringify(sampleRecord()));

describe("what waits in the spool", () => {
  it("is nothing where no process has been", async () => {
    expect(await examine(spoolContentCheck, { spoolDir: join(scratch(), "spool") })).toEqual([
      { check: "spool", status: "ok", message: "Nothing waits in the spool." },
    ]);
  });

  it("is fine while its process lives", async () => {
    const spoolDir = scratch();
    const spool = openSpool(spoolDir);
    spool.append(lines(3));
    spool.flushSync();
    const [finding, ...others] = await examine(spoolContentCheck, { spoolDir });
    expect(others).toEqual([]);
    expect(finding?.status).toBe("ok");
    expect(finding?.message).toMatch(
      new RegExp(`^Process ${process.pid} \\(alive\\): 3 spans pending, .* as of .* ago\\.$`),
    );
  });

  it("is told with its place when its process has ended", async () => {
    const spoolDir = scratch();
    const spool = openSpool(spoolDir);
    spool.append(lines(1));
    spool.close();
    const [finding, ...others] = await examine(spoolContentCheck, { spoolDir });
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      status: "warn",
      cure: expect.stringContaining("Start the service again"),
    });
    expect(finding?.message).toMatch(/\(ended\): 1 span pending, .*left behind in /);
    expect(finding?.message).toContain(spool.dir);
  });

  it("says what was dead-lettered, dropped and damaged, each with its cure", async () => {
    const spoolDir = scratch();
    const spool = openSpool(spoolDir);
    spool.setLedger(() => ({ dropped: { "spool-full": 12, disk: 0 } }));
    spool.append(lines(2));
    spool.deadLetter([{ record: JSON.stringify(sampleRecord()), reason: "poison" }]);
    spool.close();
    const segment = readdirSync(spool.dir).find((name) => name.includes("segment") || /^\d+/.test(name));
    if (!segment) throw new Error(`no segment among ${readdirSync(spool.dir).join(", ")}`);
    appendFileSync(join(spool.dir, segment), 'deadbeef {"v":1,"type":"span","damaged":true}\n');
    const messages = warned(await examine(spoolContentCheck, { spoolDir })).map(
      ({ message, cure }) => `${message} ${cure}`,
    );
    expect(messages).toEqual([
      expect.stringMatching(/2 spans pending/),
      expect.stringMatching(/1 record that the store will never take.*dead-letter\.ndjson/),
      expect.stringMatching(/dropped \(spool-full 12\)/),
      expect.stringMatching(/1 line cannot be read/),
    ]);
  });
});

describe("where the spool lies", () => {
  it("may not exist yet", async () => {
    const root = scratch();
    const spoolDir = join(root, "data", "spool");
    const findings = await examine(spoolDirectoryCheck, { spoolDir });
    expect(failed(findings)).toEqual([]);
    expect(existsSync(join(root, "data"))).toBe(false);
  });

  it("fails when it is no directory one can write to", async () => {
    const root = scratch();
    writeFileSync(join(root, "data"), "");
    const [finding] = await examine(spoolDirectoryCheck, { spoolDir: join(root, "data", "spool") });
    expect(finding).toMatchObject({ status: "fail", cure: expect.stringContaining("TRACING_DATA_DIR") });
  });

  if (process.platform === "linux") {
    it("fails on a file system that takes no writes, whoever asks", async () => {
      const [finding] = await examine(spoolDirectoryCheck, { spoolDir: "/proc/tracing/spool" });
      expect(finding).toMatchObject({
        status: "fail",
        message: expect.stringContaining("cannot be written"),
      });
    });

    it("warns of a temporary file system", async () => {
      const spoolDir = join("/dev/shm", `tracing-doctor-${process.pid}`);
      const findings = warned(await examine(spoolDirectoryCheck, { spoolDir }));
      expect(findings[0]?.message).toContain("is on a temporary file system");
    });
  }

  it("leaves nothing behind", async () => {
    const spoolDir = scratch();
    mkdirSync(join(spoolDir, "kept"));
    await examine(spoolDirectoryCheck, { spoolDir });
    expect(readdirSync(spoolDir)).toEqual(["kept"]);
  });
});
