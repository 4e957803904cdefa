/**
 * Appends until it is killed. Writes to a log of its own what was acknowledged: `a <id>` after an append returned,
 * `s <id>` before a record is settled, `o <id>` and `c <id>` when a trace was opened and closed.
 */
import { openSync, writeSync } from "node:fs";
import { Spool } from "../../../../src/collector/spool/spool.ts";
import { encoded, idOf, typeOf } from "../encoded.ts";

const [root = "", logFile = "", first = "0", settling = "no"] = process.argv.slice(2);
const log = openSync(logFile, "a");
const spool = new Spool({ dir: root, segmentBytes: 20_000, onDrop: console.error, onWarn: console.error });
let next = Number(first);
let open: number[] = [];

function note(letter: string, ids: readonly number[]): void {
  if (ids.length > 0) writeSync(log, ids.map((id) => `${letter} ${id}\n`).join(""));
}

function appendSome(): void {
  const ids = Array.from({ length: 1 + Math.floor(Math.random() * 5) }, () => next++);
  spool.append(ids.map((id) => encoded("span", id, Math.floor(Math.random() * 600) * 2)));
  note("a", ids);
  const trace = next++;
  note("O", [trace]);
  spool.append([encoded("started", trace)]);
  note("o", [trace]);
  open.push(trace);
  if (open.length < 5) return;
  const closing = open.slice(0, 4);
  open = open.slice(4);
  note("C", closing);
  spool.append(closing.map((id) => encoded("span", id)));
  note("c", closing);
}

async function settleSome(): Promise<void> {
  const batches = [];
  for (let count = 0; count < 4; count++) batches.push(await spool.take({ maxRecords: 16, maxBytes: 1e6 }));
  for (const batch of batches.sort(() => Math.random() - 0.5)) {
    if (!batch || Math.random() < 0.1) continue;
    note("s", batch.records.filter((record) => typeOf(record) === "span").map(idOf));
    spool.settle(batch);
  }
}

for (;;) {
  for (let count = 0; count < 10; count++) appendSome();
  if (settling === "settling") await settleSome();
  await new Promise((resolve) => setImmediate(resolve));
}
