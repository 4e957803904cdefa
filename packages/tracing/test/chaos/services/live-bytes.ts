/** Lets a coach say how many bytes are in use once all garbage is gone. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { orders } from "./orders.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

orders.liveBytes = () => {
  // Memory outside of the heap, freed by one collection, is no more counted after another.
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
