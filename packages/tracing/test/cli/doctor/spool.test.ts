import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { spoolContentCheck } from "../../../src/cli/doctor/spool.ts";
import { readSpoolStatus, Spool } from "../../../src/collector/spool/spool.ts";
import { sampleRecord } from "../../support/sample-record.ts";
import { examine, scratch, warned } from "./examination.ts";

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

  it("is told to be nearly too much, by the cap that its process has", async () => {
    const spoolDir = scratch();
    const spool = new Spool({
      dir: spoolDir,
      maxBytes: 20_000,
      onDrop: () => undefined,
      onWarn: () => undefined,
    });
    onTestFinished(() => spool.close());
    const bytes = () => readSpoolStatus(spoolDir).reduce((sum, status) => sum + status.bytes, 0);
    spool.append(lines(1));
    spool.flushSync();
    expect(warned(await examine(spoolContentCheck, { spoolDir }))).toEqual([]);
    while (bytes() < 16_000) spool.append(lines(1));
    spool.flushSync();
    expect(warned(await examine(spoolContentCheck, { spoolDir }))).toEqual([
      expect.objectContaining({
        code: "spool-nearly-full",
        message: expect.stringMatching(/\(alive\): its spool has 1\d.* of 20/),
      }),
    ]);
  });

  it("says what was dead-lettered, dropped and damaged, each with its cure", async () => {
    const spoolDir = scratch();
    const spool = openSpool(spoolDir);
    spool.setLedger(() => ({ dropped: { "spool-full": 12, disk: 0, erased: 3 } }));
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
