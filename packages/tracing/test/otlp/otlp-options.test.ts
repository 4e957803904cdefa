import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { TracingError } from "../../src/core/errors.ts";
import { type OtlpOptions, resolveOtlpOptions } from "../../src/otlp/otlp-options.ts";

function refusal(options: OtlpOptions | undefined, env: NodeJS.ProcessEnv = {}): TracingError {
  try {
    resolveOtlpOptions(options, env);
  } catch (error) {
    if (error instanceof TracingError) return error;
    throw error;
  }
  throw new Error("The options were taken.");
}

describe("OTLP options", () => {
  it("are none when nothing asks for OTLP, or something forbids it", () => {
    expect(resolveOtlpOptions(undefined, {})).toBeUndefined();
    expect(resolveOtlpOptions(undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: " " })).toBeUndefined();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };
    expect(resolveOtlpOptions(false, env)).toBeUndefined();
    expect(resolveOtlpOptions(undefined, { ...env, OTEL_TRACES_EXPORTER: "none" })).toBeUndefined();
  });

  it("default to a collector on this machine", () => {
    expect(resolveOtlpOptions({}, {})).toEqual({
      url: "http://localhost:4318/v1/traces",
      headers: {},
      timeoutMs: 10_000,
      compression: "none",
      protocol: "http/protobuf",
      resource: {},
      tls: {},
    });
  });

  it("append the path of traces to the address of all signals, and take their own as it is", () => {
    const urlOf = (env: NodeJS.ProcessEnv) => resolveOtlpOptions(undefined, env)?.url;
    expect(urlOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" })).toBe(
      "http://collector:4318/v1/traces",
    );
    expect(urlOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "https://otlp.example/base/" })).toBe(
      "https://otlp.example/base/v1/traces",
    );
    expect(
      urlOf({
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318",
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://traces:4318/api/otlp",
      }),
    ).toBe("http://traces:4318/api/otlp");
  });

  it("ask the code before the variables of traces, and these before those of all signals", () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318",
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic%20YTpi, x-tenant=all",
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: "x-tenant=traces",
      OTEL_EXPORTER_OTLP_TIMEOUT: "1000",
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: "2000",
      OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=prod,team=sales%20ops",
    };
    expect(resolveOtlpOptions(undefined, env)).toEqual({
      url: "http://collector:4318/v1/traces",
      headers: { authorization: "Basic YTpi", "x-tenant": "traces" },
      timeoutMs: 2_000,
      compression: "gzip",
      protocol: "http/json",
      resource: { "deployment.environment.name": "prod", team: "sales ops" },
      tls: {},
    });
    const code: OtlpOptions = {
      url: "http://code:1/x",
      headers: { "X-Tenant": "code" },
      timeoutMs: 5,
      compression: "none",
      protocol: "http/protobuf",
    };
    expect(resolveOtlpOptions(code, env)).toMatchObject({
      ...code,
      headers: { authorization: "Basic YTpi", "x-tenant": "code" },
    });
  });

  it("read the certificates that the environment names", () => {
    const dir = mkdtempSync(join(tmpdir(), "otlp-options-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, "ca.pem"), "a certificate");
    const env = { OTEL_EXPORTER_OTLP_CERTIFICATE: join(dir, "ca.pem") };
    expect(resolveOtlpOptions({}, env)?.tls).toEqual({ ca: Buffer.from("a certificate") });
    const missing = { OTEL_EXPORTER_OTLP_CLIENT_KEY: join(dir, "missing.pem") };
    expect(refusal({}, missing).message).toMatch(/^OTEL_EXPORTER_OTLP_CLIENT_KEY names a file/);
  });

  it.each<[string, OtlpOptions | undefined, NodeJS.ProcessEnv, RegExp]>([
    ["an address without a scheme", { url: "collector:4318" }, {}, /^otlp\.url is not an address/],
    [
      "an address of gRPC",
      undefined,
      { OTEL_EXPORTER_OTLP_ENDPOINT: "grpc://c:4317" },
      /^OTEL_EXPORTER_OTLP_ENDPOINT is not/,
    ],
    [
      "gRPC",
      undefined,
      { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4317", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
      /^OTEL_EXPORTER_OTLP_PROTOCOL is "grpc"; accepted: http\/protobuf or http\/json; gRPC is not spoken/,
    ],
    ["a time that is none", {}, { OTEL_EXPORTER_OTLP_TIMEOUT: "soon" }, /^OTEL_EXPORTER_OTLP_TIMEOUT is NaN/],
    ["no time", { timeoutMs: 0 }, {}, /^otlp\.timeoutMs is 0/],
    ["another compression", {}, { OTEL_EXPORTER_OTLP_COMPRESSION: "br" }, /COMPRESSION is "br"/],
    [
      "an option nobody reads",
      { endpoint: "http://c" } as OtlpOptions,
      {},
      /^otlp\.endpoint is not an option/,
    ],
    ["a text for options", "http://c" as unknown as OtlpOptions, {}, /^otlp is "http:\/\/c"/],
  ])("refuse %s", (_, options, env, message) => {
    expect(refusal(options, env)).toMatchObject({
      code: "invalid-option",
      message: expect.stringMatching(message),
    });
  });

  it("never repeat a header", () => {
    const secret = "Bearer abcdef";
    for (const env of [
      { OTEL_EXPORTER_OTLP_HEADERS: secret },
      { OTEL_EXPORTER_OTLP_HEADERS: `a=%zz${secret}` },
      { OTEL_EXPORTER_OTLP_HEADERS: `a=%0a${secret}` },
    ]) {
      expect(refusal({}, env).message).not.toContain("abcdef");
    }
    expect(refusal({ headers: { authorization: `${secret}\n` } }).message).not.toContain("abcdef");
  });
});
