import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Finding } from "../../../src/cli/doctor/finding.ts";
import { otlpSpoolCheck } from "../../../src/cli/doctor/spool.ts";
import { Spool } from "../../../src/collector/spool/spool.ts";
import { startReceiver } from "../../otlp/receiver.ts";
import { sampleRecord } from "../../support/sample-record.ts";
import { captureRun } from "../captured-run.ts";
import { startRefusingServer, unusedAddress } from "../refusing-server.ts";
import { examine, scratch } from "./examination.ts";

// Nobody listens on this port of the loopback interface.
const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1/secret-path" };

function openSpool(dir: string): Spool {
  const spool = new Spool({ dir, onDrop: () => undefined, onWarn: () => undefined });
  onTestFinished(() => spool.close());
  return spool;
}

/** What doctor says, by check, where this is the environment. */
async function doctor(env: NodeJS.ProcessEnv, dataDir = scratch()) {
  const run = await captureRun(["doctor", "--json"], { env: { TRACING_DATA_DIR: dataDir, ...env } });
  const { findings } = JSON.parse(run.stdout) as { findings: Finding[] };
  const of = (check: string) => findings.filter((finding) => finding.check === check);
  return { exitCode: run.exitCode, findings, of };
}

describe("traces that are sent over OTLP", () => {
  it("are not spoken of where nothing asks for it", async () => {
    const { of } = await doctor({});
    expect([of("otlp"), of("spool-otlp")]).toEqual([[], []]);
  });

  it("go as a copy to an address whose path is not shown", async () => {
    const { of } = await doctor(ENDPOINT);
    const message = "A copy of every trace goes to http://127.0.0.1:1, as http/protobuf.";
    expect(of("otlp")).toEqual([{ check: "otlp", status: "ok", message }]);
    expect(of("spool-otlp").map(({ message }) => message)).toEqual(["Nothing waits to be sent over OTLP."]);
    expect(of("configuration")[0]?.message).toMatch(/^No store is configured: the embedded one/);
  });

  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" }, /OTEL_EXPORTER_OTLP_ENDPOINT is not an address/],
    [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, /OTEL_EXPORTER_OTLP_PROTOCOL is "grpc"/],
    [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: "10s" }, /OTEL_EXPORTER_OTLP_TRACES_TIMEOUT is/],
    [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_CERTIFICATE: "/no/such.pem" }, /OTEL_EXPORTER_OTLP_CERTIFICATE names/],
  ])("fail with a variable that is wrong: %j", async (env, message) => {
    const { exitCode, of } = await doctor(env);
    expect([exitCode, of("otlp")]).toEqual([
      1,
      [
        {
          check: "otlp",
          status: "fail",
          code: "otlp-invalid",
          message: expect.stringMatching(message),
          cure: expect.any(String),
        },
      ],
    ]);
  });
});

describe("variables for OTLP that nobody reads", () => {
  it.each([
    [
      { OTEL_EXPORTER_OTLP_TRACE_ENDPOINT: "http://127.0.0.1:1" },
      "otlp-variable-unknown",
      /_TRACE_ENDPOINT is no var/,
    ],
    [{ OTEL_EXPORTER_OTLP_HEADERS: "x=1" }, "otlp-without-endpoint", /_HEADERS is set, and no endpoint is/],
  ])("are warned of: %j", async (env, code, message) => {
    const { exitCode, of } = await doctor(env);
    expect([exitCode, of("otlp")]).toEqual([
      0,
      [expect.objectContaining({ status: "warn", code, message: expect.stringMatching(message) })],
    ]);
  });

  it("are left alone when they are other signals', empty, or switched off", async () => {
    const { of } = await doctor({
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://127.0.0.1:1",
      OTEL_EXPORTER_OTLP_PROTOCOL: "",
    });
    expect(of("otlp")).toEqual([]);
    const off = await doctor({ OTEL_EXPORTER_OTLP_HEADERS: "x=1", OTEL_TRACES_EXPORTER: "none" });
    expect(off.of("otlp")).toEqual([]);
  });
});

describe("the receiver of OTLP", () => {
  it("is asked whether it takes requests, and is given no span", async () => {
    const receiver = await startReceiver();
    const { exitCode, of } = await doctor({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
    const message = `The OTLP receiver at ${receiver.endpoint} takes requests.`;
    expect(of("otlp connection")).toEqual([{ check: "otlp connection", status: "ok", message }]);
    expect([exitCode, receiver.requests.length, receiver.spans]).toEqual([0, 1, []]);
  });

  it.each([
    [401, "otlp-unauthorized", "fail", /answers 401/, /OTEL_EXPORTER_OTLP_HEADERS/],
    [404, "otlp-not-spoken", "fail", /answers 404.* not spoken at this address/, /\/v1\/traces is added/],
    [400, "otlp-not-spoken", "fail", /answers 400/, /base address/],
    [503, "otlp-unavailable", "warn", /answers 503/, /wait in the spool/],
  ])("that answers %i is %s", async (status, code, severity, message, cure) => {
    const url = await startRefusingServer({ status, body: { code: 7, message: "no" } });
    const { of } = await doctor({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
    expect(of("otlp connection")).toEqual([
      {
        check: "otlp connection",
        status: severity,
        code,
        message: expect.stringMatching(message),
        cure: expect.stringMatching(cure),
      },
    ]);
  });

  it("that is not there is told with its variable, and the port of gRPC with the right one", async () => {
    const { exitCode, of } = await doctor({ OTEL_EXPORTER_OTLP_ENDPOINT: await unusedAddress() });
    expect([exitCode, of("otlp connection")]).toEqual([
      1,
      [expect.objectContaining({ code: "otlp-unreachable", cure: expect.stringContaining("_ENDPOINT") })],
    ]);
    const grpc = await doctor({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4317" });
    expect(grpc.of("otlp connection")[0]).toMatchObject({
      code: "otlp-grpc-port",
      cure: expect.stringContaining("4318"),
    });
  });
});

describe("without a store", () => {
  const none = { ...ENDPOINT, TRACING_STORE: "none" };

  it("doctor says so, and asks none", async () => {
    const { endpoint } = await startReceiver();
    const { exitCode, findings, of } = await doctor({
      ...none,
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      DATABASE_URL: "postgres://127.0.0.1:1/x",
    });
    expect(exitCode).toBe(0);
    expect(of("configuration")).toEqual([
      {
        check: "configuration",
        status: "ok",
        message: "No traces are kept (TRACING_STORE=none): OTLP only.",
      },
    ]);
    expect(of("otlp")[0]?.message).toContain(`All traces go to ${endpoint}, `);
    const checks = findings.map(({ check }) => check);
    for (const check of ["connection", "key", "schema", "clock"]) expect(checks).not.toContain(check);
  });

  it.each([
    [{ TRACING_STORE: "none" }, /TRACING_STORE is "none", and traces are sent nowhere else/],
    [{ TRACING_STORE: "postgres" }, /TRACING_STORE is "postgres"; accepted: "none"/],
  ])("%j fails, as it does when the service starts", async (env, message) => {
    const { exitCode, of } = await doctor(env);
    expect([exitCode, of("configuration")]).toEqual([
      1,
      [expect.objectContaining({ status: "fail", message: expect.stringMatching(message) })],
    ]);
  });

  it.each([["ls"], ["show", "latest"], ["migrate"]])("%s says that there is none", async (...argv) => {
    const env = { ...none, TRACING_DATA_DIR: scratch() };
    const { exitCode, stdout, stderr } = await captureRun(argv, { env });
    expect([exitCode, stdout, stderr]).toEqual([
      1,
      "",
      expect.stringMatching(
        /^error: There is no store here: TRACING_STORE is "none", .*OTLP\.\nhint: Read them where .*--database-url/,
      ),
    ]);
  });

  it("a store that the command line names is asked all the same", async () => {
    const argv = ["ls", "--database-url", "postgres://127.0.0.1:1/x"];
    const { stderr } = await captureRun(argv, { env: { ...none, TRACING_DATA_DIR: scratch() } });
    expect(stderr).toContain("cannot be reached");
  });
});

describe("what waits to be sent", () => {
  it("is told with who owns it and what the backend refused", async () => {
    const dataDir = scratch();
    const spool = openSpool(join(dataDir, "spool-otlp"));
    spool.append([JSON.stringify(sampleRecord()), JSON.stringify(sampleRecord())]);
    spool.deadLetter([{ record: JSON.stringify(sampleRecord()), reason: "poison" }]);
    spool.flushSync();
    const [pending, dead, ...others] = (await doctor(ENDPOINT, dataDir)).of("spool-otlp");
    expect(others).toEqual([]);
    expect(pending?.message).toMatch(new RegExp(`^Process ${process.pid} \\(alive\\): 2 spans pending, `));
    expect(dead?.message).toContain("1 record that the OTLP backend will never take");
    expect(dead?.cure).toContain(join("spool-otlp", ""));
  });

  it("and was left behind goes with the next start, which needs an endpoint", async () => {
    const otlpSpoolDir = scratch();
    const spool = openSpool(otlpSpoolDir);
    spool.append([JSON.stringify(sampleRecord())]);
    spool.close();
    const [finding] = await examine(otlpSpoolCheck, { otlpSpoolDir });
    expect(finding).toMatchObject({
      check: "spool-otlp",
      status: "warn",
      message: expect.stringMatching(/\(ended\): 1 span pending, .*left behind in .*_ENDPOINT is not set/),
      cure: expect.stringMatching(/^Start the service again with OTEL_EXPORTER_OTLP_ENDPOINT set/),
    });
  });
});
