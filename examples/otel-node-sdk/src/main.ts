import { once } from "node:events";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { TraceContext, tracedSpan } from "@app/tracing";
import { sdk, store } from "./instrumentation.ts";

// Required, and only now: that is what the instrumentation of node:http can get between.
const { createServer } = createRequire(import.meta.url)("node:http") as typeof import("node:http");

const lookUp = tracedSpan("tool:stock", { kind: "tool" })(async (address: string) => {
  const response = await fetch(`${address}/stock`);
  return response.text();
});

const server = createServer(async (request, response) => {
  if (request.url === "/stock") return response.end("12 in stock");
  const answer = await TraceContext.run({ pipelineName: "answer", input: request.url }, async (trace) => {
    const stock = await lookUp(`http://${request.headers.host}`);
    trace.setOutput(stock);
    return stock;
  });
  return response.end(answer);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;

console.log(await (await fetch(`http://127.0.0.1:${port}/ask`)).text());

server.close();
await sdk.shutdown();
await store.close();
