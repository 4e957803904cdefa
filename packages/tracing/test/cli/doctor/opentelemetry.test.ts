import { cpSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findInstalledPackage } from "../../../src/cli/doctor/installed-package.ts";
import { contextOwnersCheck, openTelemetryCheck } from "../../../src/cli/doctor/opentelemetry.ts";
import { examine, warned } from "./examination.ts";
import { service } from "./service-directory.ts";

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
      /different versions: 1\..* in .* \(of @app\/tracing\), 1\.4\.0 in .*node_modules/,
    );
    expect(finding?.message).toContain(realpathSync(directory));
    expect(finding).toMatchObject({ code: "api-versions", cure: expect.stringContaining("dedupe") });
  });

  it("are warned of when a package that the service uses has a copy of its own", async () => {
    const directory = service({ "some-sdk": "3.0.0" });
    const nested = join(directory, "node_modules/some-sdk/node_modules/@opentelemetry/api");
    mkdirSync(nested, { recursive: true });
    writeFileSync(
      join(nested, "package.json"),
      JSON.stringify({ name: "@opentelemetry/api", version: "1.3.0" }),
    );
    const [finding] = warned(await examine(openTelemetryCheck, { directory }));
    expect(finding?.message).toMatch(/1\.3\.0 in .*some-sdk.* \(of some-sdk\)\.$/);
  });

  it("are fine in several copies of one version", async () => {
    const ours = findInstalledPackage("@opentelemetry/api", import.meta.url);
    const directory = service({});
    cpSync(ours?.directory ?? "", join(directory, "node_modules/@opentelemetry/api"), { recursive: true });
    const findings = await examine(openTelemetryCheck, { directory });
    expect(findings).toEqual([
      expect.objectContaining({
        status: "ok",
        message: expect.stringMatching(/^2 copies of .* find each other/),
      }),
    ]);
  });

  it("are warned of when the service's SDK is too old", async () => {
    const directory = service({ "@opentelemetry/sdk-trace-base": "1.30.1" });
    expect(warned(await examine(openTelemetryCheck, { directory }))[0]?.message).toContain(
      "sdk-trace-base 1.30.1",
    );
  });
});

describe("who sets OpenTelemetry up", () => {
  it("is of no interest where nobody does", async () => {
    expect(await examine(contextOwnersCheck, { directory: service({ hono: "4.0.0" }) })).toEqual([]);
  });

  it("is named, with how to find out whether it works", async () => {
    const [finding, ...others] = await examine(contextOwnersCheck, {
      directory: service({ "@sentry/node": "10.0.0" }),
    });
    expect([finding?.status, others]).toEqual(["ok", []]);
    expect(finding?.message).toMatch(/^@sentry\/node sets OpenTelemetry up.*checkContext\(\)/);
  });

  it("is warned of when there are several", async () => {
    const directory = service({ "@sentry/node": "10.0.0", "@opentelemetry/sdk-node": "0.301.0" });
    const [finding] = await examine(contextOwnersCheck, { directory });
    expect(finding).toMatchObject({
      code: "sdks-compete",
      message: expect.stringMatching(/^@sentry\/node and @opentelemetry\/sdk-node all set/),
      cure: expect.stringContaining("checkContext()"),
    });
  });
});
