import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expectTrace, startTestTracing } from "@app/tracing/testing";
import { type ServerType, serve } from "@hono/node-server";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { createApp } from "../src/app.ts";

const traces = startTestTracing();
let server: ServerType;
let address: string;

beforeAll(async () => {
  const app = createApp({ searchUrl: () => address });
  server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });
  await once(server, "listening");
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => traces.clear());
afterAll(() => {
  traces.stop();
  server.close();
});

function ask(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${address}/answer`, { method: "POST", body: JSON.stringify(body), headers });
}

it("answers in two steps, and the service that it asks is part of the trace", async () => {
  const response = await ask({ question: "May I give a discount?" }, { "x-user-id": "7" });
  expect(await response.json()).toMatchObject({ answer: expect.stringContaining("in return") });
  await traces.settled();
  expectTrace(traces.last())
    .toHaveTree(`
      answer [ok]
        tool:search
          search
        llm:local
    `)
    .toHaveEnded()
    .toHaveNoOrphans()
    .toHaveModelCalls(1)
    .toCostLessThan("0.01")
    .toMatch({ pipelineName: "answer", userId: "7", input: "May I give a discount?" });
});

it("joins the trace of its caller", async () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const response = await ask({ question: "Silence?" }, { traceparent: `00-${traceId}-b7ad6b7169203331-01` });
  expect(await response.json()).toMatchObject({ traceId });
  await traces.settled();
  expectTrace(traces.get(traceId)).toHaveSpan("answer", { parentSpanId: "b7ad6b7169203331" });
});

it("refuses what is no question, and opens no trace for it", async () => {
  for (const body of [{}, { question: " " }, "question"]) expect((await ask(body)).status).toBe(400);
  expect(traces.all()).toEqual([]);
});
