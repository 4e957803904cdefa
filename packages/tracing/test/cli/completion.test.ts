import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { captureRun } from "./captured-run.ts";

let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "tracing-completion-"));
  writeFileSync(join(directory, "script"), (await captureRun(["completion", "bash"])).stdout);
  writeFileSync(join(directory, "a-file.json"), "");
  mkdirSync(join(directory, "a-dir"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What bash itself offers for the last of these words, after it has sourced the script. */
function offered(...words: string[]): string[] {
  const program = `
    set -u
    source ./script
    complete -p tracing >/dev/null
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _tracing
    printf '%s\\n' "\${COMPREPLY[@]-}"`;
  const stdout = execFileSync("bash", ["-c", program, "bash", "tracing", ...words], {
    cwd: directory,
    encoding: "utf8",
  });
  return stdout.split("\n").filter((line) => line !== "");
}

describe("completion in bash", () => {
  it("offers every command", () => {
    expect(offered("")).toEqual([
      ...["migrate", "doctor", "ls", "show", "tail", "stats", "errors", "prune", "export", "spool"],
      "completion",
    ]);
    expect(offered("s")).toEqual(["show", "stats", "spool"]);
    expect(offered("spool", "")).toEqual(["ls", "show", "retry"]);
    expect(offered("completion", "")).toEqual(["bash", "zsh", "fish"]);
  });

  it("offers the options of the command, and of the command below another", () => {
    expect(offered("ls", "--s")).toEqual(["--status", "--session", "--service", "--since"]);
    expect(offered("--")).toEqual(["--version", "--help"]);
    expect(offered("spool", "retry", "--d")).toEqual(["--dry-run", "--data-dir", "--database-url"]);
    expect(offered("spool", "ls", "--json", "--dry")).toEqual([]);
  });

  it("offers the values of an option, files and directories", () => {
    expect(offered("ls", "--status", "")).toEqual(["running", "ok", "error", "interrupted"]);
    expect(offered("export", "latest", "--format", "o")).toEqual(["otlp"]);
    expect(offered("export", "latest", "--output", "a-f")).toEqual(["a-file.json"]);
    expect(offered("tail", "--data-dir", "a-")).toEqual(["a-dir"]);
    expect(offered("ls", "--user", "")).toEqual([]);
  });
});

describe("tracing completion", () => {
  it.each(["bash", "zsh", "fish"])("names for %s every command and option that help does", async (shell) => {
    const { exitCode, stdout, stderr } = await captureRun(["completion", shell]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    for (const path of [["ls"], ["prune"], ["spool", "retry"]]) {
      const help = (await captureRun([...path, "--help"])).stdout;
      const flags = [...help.matchAll(/^ {2}(?:-h, )?--([a-z-]+)/gm)].map(([, flag]) => flag ?? "");
      expect(flags.length).toBeGreaterThan(4);
      for (const word of [...path, ...flags]) expect(stdout).toContain(word);
    }
    const json = await captureRun(["completion", shell, "--json"]);
    expect(JSON.parse(json.stdout)).toEqual({ shell, script: stdout });
  });

  it("knows no other shell", async () => {
    const { exitCode, stdout, stderr } = await captureRun(["completion", "tcsh"]);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/'tcsh' is invalid.*bash, zsh, fish/);
  });
});
