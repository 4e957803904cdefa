import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createProgram } from "../../src/cli/program.ts";
import { toTrouble } from "../../src/cli/store-trouble.ts";
import { StoreError } from "../../src/store/store-client.ts";
import { captureRun } from "./captured-run.ts";
import { REFUSALS, startRefusingServer, unusedAddress } from "./refusing-server.ts";

const text = readFileSync(new URL("../../../../docs/insforge.md", import.meta.url), "utf8");
const rows = text
  .slice(text.indexOf("## When something is wrong"))
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .slice(2);
const says = rows.map((row) => row.split("|")[1]?.trim() ?? "");

describe("docs/insforge.md", () => {
  it("quotes what the command line says, one row for each trouble", async () => {
    const { wrongKey, anonymousKey, schemaNotExposed, functionMissing } = REFUSALS;
    const urls = [
      ...(await Promise.all(
        [wrongKey, anonymousKey, schemaNotExposed, functionMissing].map(startRefusingServer),
      )),
      await unusedAddress(),
    ];
    expect(says).toHaveLength(urls.length);
    for (const [index, url] of urls.entries()) {
      const env = { INSFORGE_BASE_URL: url, INSFORGE_API_KEY: "ik_1" };
      expect((await captureRun(["ls"], { env })).stderr).toContain(says[index]);
    }
  });
});

describe("toTrouble", () => {
  it("tells a role without rights from one that cannot log in, and a missing database from a silent server", () => {
    const cureOf = (kind: "unauthorized" | "unreachable", code: string) =>
      toTrouble(new StoreError(kind, "refused", { code }), "postgres").cure;
    expect(cureOf("unauthorized", "42501")).toMatch(/GRANT/);
    expect(cureOf("unauthorized", "28P01")).toMatch(/password/);
    expect(cureOf("unreachable", "3D000")).toMatch(/createdb.*tracing migrate/);
    expect(cureOf("unreachable", "08006")).toMatch(/host and port/);
  });
});

const documents = [
  "README.md",
  "packages/tracing/README.md",
  ...markdownIn("docs"),
  ...markdownIn("docs/adr"),
];

function markdownIn(directory: string): string[] {
  const names = readdirSync(new URL(`../../../../${directory}`, import.meta.url));
  return names.filter((name) => name.endsWith(".md")).map((name) => `${directory}/${name}`);
}

const readDocument = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8");

/** Every command line of ours that a document shows, in a shell block or as code in a sentence. */
function commandLines(document: string): string[] {
  const blocks = [...document.matchAll(/^```(?:sh|bash|shell)\n([\s\S]*?)^```$/gm)].flatMap(([, code = ""]) =>
    code.split("\n"),
  );
  const inline = [...document.matchAll(/`((?:npx |pnpm exec )?tracing [^`\n]+)`/g)].map(
    ([, code = ""]) => code,
  );
  return [...blocks, ...inline].flatMap((line) =>
    [...line.matchAll(/(?:^|npx |exec |\$\()tracing ((?:[^|#)]|\|(?! ))*)/g)].map(([, words = ""]) =>
      words.trim(),
    ),
  );
}

/** The command that the first words name, and whatever of the rest it does not know. */
function unknownIn(line: string): string[] {
  const words = line.split(/\s+/).filter((word) => word !== "");
  let command = createProgram({ io: silent, exitWith: () => undefined });
  while (words[0] !== undefined && !words[0].startsWith("-") && command.commands.length > 0) {
    const child = command.commands.find((candidate) => candidate.name() === words[0]);
    if (!child) return [words[0]];
    command = child;
    words.shift();
  }
  const known = command.options.flatMap(({ short, long }) => [short, long]);
  const flags = words.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.split("=")[0]);
  return flags.filter((flag) => flag !== undefined && flag !== "--help" && !known.includes(flag)) as string[];
}

const silent = {
  stdout: { write: () => undefined },
  stderr: { write: () => undefined },
  env: {},
  directory: ".",
  now: () => new Date(),
};

describe("what documents say of the command line", () => {
  it.each(documents)("%s names only commands and options that there are", (path) => {
    const lines = commandLines(readDocument(path));
    expect(
      lines.map((line) => ({ line, unknown: unknownIn(line) })).filter(({ unknown }) => unknown[0]),
    ).toEqual([]);
  });

  it("has an example of every command in docs/cli.md", () => {
    const lines = commandLines(readDocument("docs/cli.md"));
    const program = createProgram({ io: silent, exitWith: () => undefined });
    const paths = program.commands.flatMap((command) =>
      command.commands.length === 0
        ? [command.name()]
        : command.commands.map((child) => `${command.name()} ${child.name()}`),
    );
    expect(paths.filter((path) => !lines.some((line) => `${line} `.startsWith(`${path} `)))).toEqual([]);
    expect(paths.length).toBeGreaterThan(10);
  });

  it("would find a command or an option that is not there", () => {
    expect(
      commandLines("```sh\nnpx tracing lss --since 1h | jq\n```\nand `tracing show latest --all`"),
    ).toEqual(["lss --since 1h", "show latest --all"]);
    expect([unknownIn("lss --since 1h"), unknownIn("show latest --all"), unknownIn("spool fix")]).toEqual([
      ["lss"],
      ["--all"],
      ["fix"],
    ]);
  });
});
