import { createInterface } from "node:readline";
import { type Fault, type FaultOptions, startInsForge } from "./insforge-server.ts";

/**
 * The stand-in as a process of its own: prints one line of JSON with its address and keys, and ends with SIGTERM or when
 * its standard input is closed. A line of JSON there gives an order: `{"down":true}`, `{"up":true}`, `{"rotateKey":true}`
 * or `{"fault":{...},"options":{...}}`; each is answered by a line.
 */
interface Order {
  down?: boolean;
  up?: boolean;
  rotateKey?: boolean;
  fault?: Fault;
  options?: FaultOptions;
}

const server = await startInsForge({
  ...(process.env.DATABASE_URL && { databaseUrl: process.env.DATABASE_URL }),
  ...(process.env.PORT && { port: Number(process.env.PORT) }),
});

let stopping = false;
const stop = async () => {
  if (stopping) return;
  stopping = true;
  await server.stop();
  process.exit(0);
};
process.once("SIGTERM", stop);
process.once("SIGINT", stop);

async function obey({ down, up, rotateKey, fault, options }: Order): Promise<object> {
  if (down) await server.down();
  if (up) await server.up();
  if (fault) server.fault(fault, options);
  return rotateKey ? { apiKey: server.rotateKey() } : { done: true };
}

const { url, apiKey, anonKey, userToken, databaseUrl } = server;
console.log(JSON.stringify({ url, apiKey, anonKey, userToken, databaseUrl }));

createInterface({ input: process.stdin })
  .on("line", async (line) => console.log(JSON.stringify(await obey(JSON.parse(line) as Order))))
  .on("close", stop);
