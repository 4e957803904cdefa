import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openTelemetryCheck, peersCheck } from "../../../src/cli/doctor/packages.ts";
import { examine, failed, scratch, warned } from "./examination.ts";

/** A service's directory with these packages installed. */
function service(packages: Readonly<Record<string, string>>): string {
  const directory = scratch();
  writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "service", version: "1.0.0" }));
  for (const [name, version] of Object.entries(packages)) {
    const path = join(directory, "node_modules", name);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "package.json"), JSON.stringify({ name, version, main: "index.js" }));
    writeFileSync(join(path, "index.js"), "");
  }
  return directory;
}

describe("the OpenTelemetry packages", () => {
  it("are fine when the service uses our copy of the API", async () => {
    const [finding, ...others] = await examine(openTelemetryCheck, { directory: process.cwd() });
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      status: "ok",
      message: expect.stringMatching(/^One copy of @opentelemetry\/api, version 1\./),
    });
  });

  it("are fine when the service has none of its own", async () => {
    expect(
      (await examine(openTelemetryCheck, { directory: service({}) })).map(({ status }) => status),
    ).toEqual(["ok"]);
  });

  it("are warned of when the service has another copy, with both places", async () => {
    const directory = service({ "@opentelemetry/api": "1.4.0" });
    const [finding] = warned(await examine(openTelemetryCheck, { directory }));
    expect(finding?.message).toMatch(
      /two copies of @opentelemetry\/api: 1\..* and 1\.4\.0 in .*node_modules/,
    );
    expect(finding?.message).toContain(directory);
    expect(finding?.cure).toContain("dedupe");
  });

  it("are warned of when the service's SDK is too old", async () => {
    const directory = service({ "@opentelemetry/sdk-trace-base": "1.30.1" });
    expect(warned(await examine(openTelemetryCheck, { directory }))[0]?.message).toContain(
      "sdk-trace-base 1.30.1",
    );
  });
});

describe("the optional packages", () => {
  it("are listed, and none is missed where no store needs it", async () => {
    const findings = await examine(peersCheck);
    expect(failed(findings)).toEqual([]);
    expect(findings.at(-1)?.message).toMatch(
      /^Installed: @insforge\/sdk 1\..*, pg 8\..*, @electric-sql\/pglite 0\./,
    );
  });
});
