/** Adopts on the message "go", answers with the ids of what it got, and holds on to it until it is killed. */
import { Spool } from "../../../../src/collector/spool/spool.ts";
import { idOf, typeOf } from "../encoded.ts";

const [root = ""] = process.argv.slice(2);
const spool = new Spool({ dir: root, onDrop: console.error, onWarn: console.error });
process.on("message", async () => {
  process.send?.("adopting");
  const { directories, interrupted } = await spool.adopt();
  const spans: number[] = [];
  for (;;) {
    const batch = await spool.take({ maxRecords: 512, maxBytes: 4e6 });
    if (!batch) break;
    spans.push(...batch.records.filter((record) => typeOf(record) === "span").map(idOf));
  }
  process.send?.({ directories, spans, interrupted: interrupted.map(idOf) });
});
process.send?.("ready");
