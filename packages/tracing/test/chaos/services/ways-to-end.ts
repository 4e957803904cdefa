/** Adds orders by which the host ends without a word to its tracing. */
import { orders } from "./orders.ts";

orders.throw = () => {
  setImmediate(() => {
    throw new Error("the host has broken");
  });
};
orders.reject = () => void Promise.reject(new Error("the host has broken"));
orders.exit = () => process.exit(7);
orders.drift = () => {
  process.exitCode = 3;
  return orders.leave?.();
};
