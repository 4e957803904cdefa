import { describe, expect, it } from "vitest";
import { captureRun } from "./captured-run.ts";

const COMMANDS = [
  ...["migrate", "doctor", "ls", "show", "tail", "stats", "errors", "prune", "export"],
  ...["spool ls", "spool show", "spool retry"],
];

/** Every option that takes a value, a value it cannot take, and a word of what it accepts. */
const WRONG_VALUES: readonly [option: string, value: string, accepted: RegExp][] = [
  ["--pipeline", " ", /not empty/],
  ["--status", "failed", /running, ok, error, interrupted/],
  ["--user", "", /not empty/],
  ["--telegram-id", "@someone", /digits only/],
  ["--session", "", /not empty/],
  ["--service", "", /not empty/],
  ["--model", "", /not empty/],
  ["--tag", "", /not empty/],
  ["--since", "yesterday", /2h or 7d, or an ISO 8601 time/],
  ["--until", "2026-02-30", /2h or 7d, or an ISO 8601 time/],
  ["--min-duration", "2", /500ms or 2s/],
  ["--max-duration", "fast", /500ms or 2s/],
  ["--min-cost", "cheap", /US dollars/],
  ["--text", "", /not empty/],
  ["--limit", "0", /from 1 to 500/],
  ["--cursor", "", /the cursor that an earlier list ended with/],
  ["--data-dir", "", /not empty/],
  ["--database-url", "localhost/x", /postgres:\/\//],
  ["--insforge-url", "localhost", /https:\/\//],
];

describe("bad usage", () => {
  it.each(WRONG_VALUES)(
    "ls %s %j names option, value and what is accepted, and exits with 2",
    async (option, value, accepted) => {
      const { exitCode, stdout, stderr } = await captureRun(["ls", option, value]);
      expect(stderr).toContain(`error: ${option} is ${JSON.stringify(value)}; accepted: `);
      expect(stderr).toMatch(accepted);
      expect(stderr).not.toContain("    at ");
      expect([exitCode, stdout]).toEqual([2, ""]);
    },
  );

  it.each(["501", "-1", "1.5", "1e2", "ten"])("ls --limit=%s exits with 2", async (limit) => {
    const { exitCode, stderr } = await captureRun(["ls", `--limit=${limit}`]);
    expect([exitCode, stderr]).toEqual([
      2,
      `error: --limit is "${limit}"; accepted: a whole number from 1 to 500.\n`,
    ]);
  });

  it.each(WRONG_VALUES)("ls %s without a value exits with 2", async (option) => {
    const { exitCode, stderr } = await captureRun(["ls", option]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`'${option} <`);
  });

  it("refuses an end before the beginning", async () => {
    const times = await captureRun(["ls", "--since", "1h", "--until", "2h"]);
    expect([times.exitCode, times.stderr]).toEqual([2, expect.stringContaining("--until is")]);
    const durations = await captureRun(["ls", "--min-duration", "2s", "--max-duration", "500ms"]);
    expect([durations.exitCode, durations.stderr]).toEqual([
      2,
      expect.stringContaining("at least --min-duration (2000ms)"),
    ]);
  });

  it.each([
    [["show", "xyz"], /<trace> is "xyz"; accepted: a trace id of 32 hex digits/],
    [["show"], /missing required argument 'trace'\naccepted: <trace>, --io, --span, --json/],
    [["show", "latest", "--span", "zz"], /--span is "zz"; accepted: a span id/],
    [["show", "latest", "extra"], /too many arguments/],
    [["show", "latest", "--nope"], /unknown option '--nope'/],
    [["ls", "--statsu", "ok"], /unknown option '--statsu'.*--status/s],
    [["ls", "extra"], /too many arguments/],
    [["migrate", "now"], /too many arguments/],
    [["doctor", "--fix"], /unknown option '--fix'\naccepted: --json.*see tracing doctor --help\./],
    [["spool"], /Usage: tracing spool/],
    [["spool", "lsx"], /unknown command 'lsx'.*accepted: ls, show, retry; see tracing spool --help\./s],
    [
      ["spool", "retry", "--all"],
      /unknown option '--all'\naccepted: \[process\], --dry-run.*see tracing spool retry/,
    ],
    [["completion"], /missing required argument 'shell'/],
    [["tail", "--until", "1h"], /unknown option '--until'/],
    [["export"], /missing required argument 'trace'/],
    [["shwo"], /unknown command 'shwo'.*Did you mean show/s],
    [
      ["frobnicate"],
      /unknown command 'frobnicate'\naccepted: migrate, doctor, ls, show, tail, .*; see tracing --help\./,
    ],
    [["--nope"], /unknown option '--nope'/],
    [[], /Usage: tracing/],
  ])("%j exits with 2 and says why", async (argv, reason) => {
    const { exitCode, stdout, stderr } = await captureRun(argv);
    expect(stderr).toMatch(reason);
    expect([exitCode, stdout]).toEqual([2, ""]);
  });

  it("does not repeat a password", async () => {
    for (const url of [
      "mysql://bot:hunter2@localhost/x",
      "postgres://bot:hunter2@[x",
      "bot:hunter2@localhost",
    ]) {
      const { exitCode, stderr } = await captureRun(["ls", "--database-url", url]);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(
        /^error: --database-url is ".+"; accepted: an address that begins with postgres/,
      );
      expect(stderr).not.toContain("hunter2");
    }
  });

  it.each([
    [{ INSFORGE_BASE_URL: "http://localhost:1" }, /INSFORGE_API_KEY is not/],
    [{ INSFORGE_API_KEY: "ik_1" }, /INSFORGE_BASE_URL is not/],
    [{ INSFORGE_BASE_URL: "ftp://localhost", INSFORGE_API_KEY: "ik_1" }, /INSFORGE_BASE_URL is "ftp:.*http/],
    [{ DATABASE_URL: "somewhere" }, /DATABASE_URL .*postgres:/],
    [{ TRACING_RETENTION_DAYS: "-3" }, /TRACING_RETENTION_DAYS is "-3"; accepted: a whole number/],
  ])("a wrong variable %j exits with 2 and names itself", async (env, reason) => {
    for (const argv of [["ls"], ["show", "latest"], ["migrate"]]) {
      const { exitCode, stdout, stderr } = await captureRun(argv, { env });
      expect(stderr).toMatch(reason);
      expect([exitCode, stdout]).toEqual([2, ""]);
    }
  });

  it("refuses two stores at once, and an InsForge without its key", async () => {
    const two = await captureRun([
      "ls",
      "--database-url",
      "postgres://localhost/x",
      "--insforge-url",
      "http://localhost:1",
    ]);
    expect([two.exitCode, two.stderr]).toEqual([2, expect.stringMatching(/--insforge-url .*not both/)]);
    const keyless = await captureRun(["ls", "--insforge-url", "http://localhost:1"]);
    expect([keyless.exitCode, keyless.stderr]).toEqual([
      2,
      expect.stringMatching(/INSFORGE_API_KEY is not set.*hint: /s),
    ]);
  });

  it("adds the stack only when asked", async () => {
    const { exitCode, stderr } = await captureRun(["ls", "--limit", "x"], { env: { TRACING_DEBUG: "1" } });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("    at ");
  });
});

describe("help", () => {
  it.each(COMMANDS)("of %s has examples and every option", async (command) => {
    const { exitCode, stdout, stderr } = await captureRun([...command.split(" "), "--help"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`Usage: tracing ${command}`);
    expect(stdout).toMatch(new RegExp(`Examples:\\n  \\$ tracing ${command}`));
    for (const option of ["--json", "--data-dir", "--database-url", "--insforge-url", "INSFORGE_API_KEY"]) {
      expect(stdout).toContain(option);
    }
    if (command.includes(" ")) return;
    expect(await captureRun(["help", command])).toEqual({ exitCode, stdout, stderr });
  });

  it("has no option that takes a key", async () => {
    for (const command of COMMANDS) {
      expect((await captureRun([...command.split(" "), "--help"])).stdout).not.toMatch(/--[a-z-]*key/);
    }
  });

  it("of the program lists the commands", async () => {
    const { exitCode, stdout } = await captureRun(["--help"]);
    expect(exitCode).toBe(0);
    for (const command of [...COMMANDS, "completion"]) {
      expect(stdout).toMatch(new RegExp(`^  ${command.split(" ")[0]} `, "m"));
    }
  });

  it("fits the terminal", async () => {
    const { stdout } = await captureRun(["ls", "--help"], { columns: 80 });
    const options = stdout.slice(0, stdout.indexOf("Examples:"));
    expect(options.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  it("tells the version", async () => {
    expect(await captureRun(["--version"])).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/),
      stderr: "",
    });
  });
});
