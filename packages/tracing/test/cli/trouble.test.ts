import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Finding } from "../../src/cli/doctor/finding.ts";
import { captureRun } from "./captured-run.ts";
import { REFUSALS, type Refusal, startRefusingServer, unusedAddress } from "./refusing-server.ts";

const dataDir = mkdtempSync(join(tmpdir(), "tracing-trouble-"));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const KEY = "ik_not_to_be_seen";
const environment = (url: string) => ({
  INSFORGE_BASE_URL: url,
  INSFORGE_API_KEY: KEY,
  TRACING_DATA_DIR: dataDir,
});

/** Every trouble, what the commands say of it, and which of doctor's checks fails. */
const TROUBLES: readonly [name: string, refusal: Refusal, error: RegExp, hint: RegExp, check: string][] = [
  ["a wrong key", REFUSALS.wrongKey, /does not accept the key in INSFORGE_API_KEY/, /ik_/, "key"],
  ["an anonymous key", REFUSALS.anonymousKey, /anonymous or a user's key/, /ik_/, "key"],
  ["a user's token", REFUSALS.userToken, /anonymous or a user's key/, /ik_/, "key"],
  [
    "a schema that is not exposed",
    REFUSALS.schemaNotExposed,
    /does not expose the schema/,
    /tracing migrate.*upgrade InsForge/,
    "schema",
  ],
  ["a missing migration", REFUSALS.functionMissing, /no tracing schema/, /tracing migrate/, "schema"],
  ["an overloaded server", REFUSALS.overloaded, /not now/, /again/, "connection"],
];

describe("a store that refuses", () => {
  it.each(TROUBLES)(
    "because of %s gets a sentence and a cure of its own",
    async (_name, refusal, error, hint) => {
      const env = environment(await startRefusingServer(refusal));
      for (const argv of [["ls"], ["ls", "--json"], ["show", "latest"]]) {
        const { exitCode, stdout, stderr } = await captureRun(argv, { env });
        const [first, second, ...rest] = stderr.trimEnd().split("\n");
        expect(first).toMatch(/^error: /);
        expect(first).toMatch(error);
        expect(second).toMatch(/^hint: /);
        expect(second).toMatch(hint);
        expect([exitCode, stdout, rest]).toEqual([1, "", []]);
        expect(stderr).not.toContain(KEY);
      }
    },
  );

  it.each(TROUBLES)(
    "because of %s fails the check in question",
    async (_name, refusal, error, hint, check) => {
      const env = environment(await startRefusingServer(refusal));
      const { exitCode, stdout } = await captureRun(["doctor", "--json"], { env });
      const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
      const failures = findings.filter(({ status }) => status === "fail");
      expect(failures).toEqual([
        {
          check,
          status: "fail",
          code: expect.any(String),
          message: expect.stringMatching(error),
          cure: expect.stringMatching(hint),
        },
      ]);
      expect([exitCode, ok]).toEqual([1, false]);
      expect(stdout).not.toContain(KEY);
    },
  );

  it("because nobody listens is told with its address's variable", async () => {
    const env = environment(await unusedAddress());
    const { exitCode, stderr } = await captureRun(["ls"], { env });
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(/^error: .*does not answer.*\nhint: .*INSFORGE_BASE_URL/),
    ]);
    const doctor = await captureRun(["doctor"], { env });
    expect([doctor.exitCode, doctor.stdout]).toEqual([
      1,
      expect.stringMatching(/^fail {2}connection .*\n +mend: .*INSFORGE_BASE_URL/m),
    ]);
    const database = { DATABASE_URL: env.INSFORGE_BASE_URL.replace("http:", "postgres:") };
    const postgres = await captureRun(["ls"], { env: { ...database, TRACING_DATA_DIR: dataDir } });
    expect([postgres.exitCode, postgres.stderr]).toEqual([
      1,
      expect.stringMatching(/cannot be reached.*\nhint: .*DATABASE_URL/),
    ]);
  });

  it("fails a migration with the same cures", async () => {
    const env = environment(await startRefusingServer(REFUSALS.wrongKey));
    const { exitCode, stderr } = await captureRun(["migrate"], { env });
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/INSFORGE_API_KEY/)]);
    expect(stderr).not.toContain(KEY);
  });
});

describe("doctor", () => {
  it("tells a clock that differs from the server's, and by how much", async () => {
    const date = new Date(Date.now() - 3_600_000).toUTCString();
    const env = environment(await startRefusingServer({ status: 200, body: {}, headers: { date } }));
    const { stdout } = await captureRun(["doctor"], { env });
    expect(stdout).toMatch(/^fail {2}connection +What answers there is no trace store/m);
    expect(stdout).toMatch(/^warn {2}clock .*clock is 1h 00m ahead of the server's/m);
  });

  it("knows an anonymous key by its looks", async () => {
    const env = {
      ...environment(await startRefusingServer(REFUSALS.functionMissing)),
      INSFORGE_API_KEY: "anon_secret",
    };
    const { stdout } = await captureRun(["doctor"], { env });
    expect(stdout).toMatch(/^warn {2}configuration +INSFORGE_API_KEY looks like an anonymous key/m);
    expect(stdout).not.toContain("anon_secret");
  });

  it("goes on with spool and packages when the configuration is not acceptable", async () => {
    const env = { INSFORGE_BASE_URL: "http://localhost:1", TRACING_DATA_DIR: dataDir };
    const { exitCode, stdout } = await captureRun(["doctor"], { env });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^fail {2}configuration +INSFORGE_BASE_URL is set, but INSFORGE_API_KEY is not/m);
    expect(stdout).toMatch(/^ +mend: Set INSFORGE_API_KEY/m);
    expect(stdout).toMatch(/^ok +spool +Nothing waits/m);
    expect(stdout).toMatch(/^ok +opentelemetry/m);
    expect(stdout).not.toMatch(/connection/);
  });
});
