/** Handlers of a host: on a signal it shuts tracing down in the middle of its runs, and ends with a code of its own. */
import { writeSync } from "node:fs";
import { orders } from "./orders.ts";

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, async () => {
    writeSync(1, `${JSON.stringify(await orders.abandon?.())}\n`);
    process.exit(7);
  });
}
