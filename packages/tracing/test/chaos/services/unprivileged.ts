/** Has a service of root's do without root's rights before it starts tracing, since no directory is read-only for root. */
import { NOBODY } from "../nobody.ts";
import { orders } from "./orders.ts";

orders.prepare = async () => {
  if (process.geteuid?.() !== 0) return;
  // Loaded by need, and the sources may be for root's eyes only.
  await Promise.all([import("../../../src/postgres/index.ts"), import("pg")]);
  process.setegid?.(NOBODY);
  process.seteuid?.(NOBODY);
};
