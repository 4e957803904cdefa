import { parentPort, workerData } from "node:worker_threads";
import { Spool } from "../../../../src/collector/spool/spool.ts";
import { encoded } from "../encoded.ts";

const spool = new Spool({ dir: workerData as string, onDrop: console.error, onWarn: console.error });
spool.append([encoded("span", 7)]);
parentPort?.on("message", () => spool.close());
parentPort?.postMessage(spool.dir);
