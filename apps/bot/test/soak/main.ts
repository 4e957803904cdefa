/**
 * Soaks the bot: users go on for minutes, through an outage of the database and a restart, and everything is back to where
 * it began afterwards. The packages have to be built.
 */
import { randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { toText } from "./report.ts";
import { runSoak } from "./run-soak.ts";

const USAGE = `Usage: soak [--users 50] [--seconds 600] [--seed <number>] [--json] [--keep <dir>]

  --users    people who use the bot at the same time
  --seconds  how long they go on; the rests between come on top
  --seed     repeats the choices of an earlier run (also TRACING_TEST_SEED)
  --json     the report as JSON
  --patience seconds after which a reply counts as missing, 180 unless said otherwise
  --keep     writes what the users have sent and seen, and what the bot has logged, into a directory`;

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const { values } = parseArgs({
  options: {
    users: { type: "string", default: "50" },
    seconds: { type: "string", default: "600" },
    seed: { type: "string", default: process.env.TRACING_TEST_SEED ?? String(randomInt(2 ** 31)) },
    patience: { type: "string", default: "180" },
    json: { type: "boolean", default: false },
    keep: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit();
}
const report = await runSoak({
  users: wholeNumber("users"),
  seconds: wholeNumber("seconds"),
  seed: wholeNumber("seed"),
  patienceMs: wholeNumber("patience") * 1_000,
  onProgress: (line) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`),
  onEvidence: (notes, logs) => {
    if (values.keep === undefined) return;
    mkdirSync(values.keep, { recursive: true });
    writeFileSync(
      join(values.keep, "users.ndjson"),
      notes.map((note) => `${JSON.stringify(note)}\n`).join(""),
    );
    for (const [index, log] of logs.entries()) writeFileSync(join(values.keep, `bot-${index + 1}.log`), log);
  },
});
process.stdout.write(`${values.json ? JSON.stringify(report) : toText(report)}\n`);
process.exit(report.passed ? 0 : EXIT_FAILED);

function wholeNumber(name: "users" | "seconds" | "seed" | "patience"): number {
  const value = values[name];
  if (/^\d{1,10}$/.test(value) && (Number(value) > 0 || name === "seed")) return Number(value);
  process.stderr.write(`--${name} is "${value}"; accepted is a whole number from 1 up.\n\n${USAGE}\n`);
  process.exit(EXIT_USAGE);
}
