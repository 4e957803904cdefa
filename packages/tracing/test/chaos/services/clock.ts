/**
 * Adds the order `clock <ms>`, which moves the process's wall clock by so much, at once. The system's clock is not touched,
 * since others go by it: what is moved is all that JavaScript sees of it. The monotonic clock goes on, as it does in a real step.
 */
import { orders } from "./orders.ts";

const now = Date.now;
let stepMs = 0;

globalThis.Date = new Proxy(Date, {
  construct: (date, args, target) =>
    Reflect.construct(date, args.length === 0 ? [now() + stepMs] : args, target),
  get: (date, member) => (member === "now" ? () => now() + stepMs : Reflect.get(date, member)),
});

orders.clock = (ms) => {
  stepMs += Number(ms);
};
