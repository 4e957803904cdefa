/** Has a service wait for a file, as others do, so that all of them start tracing in the same millisecond. */
import { existsSync } from "node:fs";
import { orders } from "./orders.ts";

const cell = new Int32Array(new SharedArrayBuffer(4));

orders.prepare = () => {
  while (!existsSync(process.env.CHAOS_STARTING_GUN ?? "")) Atomics.wait(cell, 0, 0, 1);
};
