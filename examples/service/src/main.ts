import { once } from "node:events";
import { startTracing } from "@app/tracing";
import { serve } from "@hono/node-server";
import { createApp } from "./app.ts";

const { PORT = "3000", SEARCH_URL } = process.env;

// Tracing starts before the first request comes, and stops after the last one has gone.
const tracing = await startTracing({ serviceName: "example-service" });

let address = "";
const app = createApp({ searchUrl: () => SEARCH_URL ?? address });
const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(PORT) }, ({ port }) => {
  address = `http://127.0.0.1:${port}`;
  console.log(`Listening on ${address}`);
});

async function stop(): Promise<void> {
  const closed = once(server, "close");
  server.close();
  await closed;
  await tracing.shutdown();
  console.log("Stopped");
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
