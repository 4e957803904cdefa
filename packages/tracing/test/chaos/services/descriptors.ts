/** Adds the orders `starve`, which leaves the process without a free descriptor, and `feed`, which ends that. */
import { closeSync, openSync } from "node:fs";
import { orders } from "./orders.ts";

const held: number[] = [];
let grabbing: NodeJS.Timeout | undefined;

function grab(): void {
  try {
    for (;;) held.push(openSync("/dev/null", "r"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EMFILE") throw error;
  }
}

orders.starve = () => {
  grab();
  // What others give back is gone at once.
  grabbing = setInterval(grab, 1);
};
orders.feed = () => {
  clearInterval(grabbing);
  for (const descriptor of held.splice(0)) closeSync(descriptor);
};
