/**
 * Fills a spool as fast as it can and is killed before it delivers anything: it has no exporter at all. Its log is one of
 * `coach.ts`, written in one piece before it says `full`; what it says of itself stands in the spool by then.
 */
import { randomBytes } from "node:crypto";
import { writeFileSync, writeSync } from "node:fs";
import { Spool } from "../../../src/collector/spool/spool.ts";
import { sampleRecord } from "../../../src/testing/sample-record.ts";

const [spoolDir = "", logFile = "", count = ""] = process.argv.slice(2);
const SPANS_PER_TRACE = 20;

const spool = new Spool({
  dir: spoolDir,
  maxBytes: 8 * 2 ** 30,
  onDrop: (reason, spans) => {
    throw new Error(`${spans} spans were dropped: ${reason}`);
  },
  onWarn: (message) => {
    throw new Error(message);
  },
});
const now = new Date().toISOString().replace("Z", "000Z");
const common = { start: now, end: now, duration_us: 0 };
const lines: string[] = [];
let root = sampleRecord(common);
for (let made = 0; made < Number(count); made += 1) {
  const first = made % SPANS_PER_TRACE === 0;
  if (first) root = sampleRecord(common);
  const span = first
    ? root
    : {
        ...root,
        span_id: randomBytes(8).toString("hex"),
        parent_span_id: root.span_id,
        root: 0 as const,
        name: "step",
        kind: "step" as const,
      };
  spool.append([JSON.stringify(span)]);
  lines.push(`ended ${span.trace_id} ${span.span_id}\n`);
}
writeFileSync(logFile, lines.join(""));
writeSync(1, "full\n");
setInterval(() => undefined, 1_000);
