import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { spoolDirectoryCheck } from "../../../src/cli/doctor/spool-directory.ts";
import { examine, failed, scratch, warned } from "./examination.ts";

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

  it("fails on a link that leads nowhere", async () => {
    const root = scratch();
    symlinkSync(join(root, "nowhere"), join(root, "data"));
    const [finding] = await examine(spoolDirectoryCheck, { spoolDir: join(root, "data", "spool") });
    expect(finding).toMatchObject({
      code: "spool-unwritable",
      message: expect.stringContaining("no directories"),
    });
  });

  it("warns of the system's directory for temporary files", async () => {
    const findings = await examine(spoolDirectoryCheck, { spoolDir: join(scratch(), "data", "spool") });
    expect(findings[0]?.code).toMatch(/^spool-in-(tmp|memory)$/);
  });

  it("leaves nothing behind", async () => {
    const spoolDir = scratch();
    mkdirSync(join(spoolDir, "kept"));
    await examine(spoolDirectoryCheck, { spoolDir });
    expect(readdirSync(spoolDir)).toEqual(["kept"]);
  });
});
