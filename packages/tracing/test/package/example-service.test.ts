import { once } from "node:events";
import { cpSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { TraceDetail, TracePage } from "../../src/store/trace-repo.ts";
import { Project, type StoredTree, toStoredTree } from "./installed-project.ts";

const example = fileURLToPath(new URL("../../../../examples/service/", import.meta.url));
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

let project: Project;
let closeStore: () => Promise<void>;

beforeAll(async () => {
  project = await Project.install("example-service", [
    ...["@opentelemetry/api", "@insforge/sdk", "@electric-sql/pglite"],
    ...["hono@^4.13.19", "@hono/node-server@^2.1.9"],
  ]);
  project.setType("module");
  cpSync(`${example}src`, project.path("src"), { recursive: true });
}, 180_000);
afterAll(() => closeStore?.());

/** Runs `node src/main.ts` on a free port. */
async function startService(env: NodeJS.ProcessEnv = {}) {
  const service = project.with({ env: { PORT: "0", ...env } }).start("src/main.ts");
  const exited = once(service, "exit");
  onTestFinished(() => {
    service.kill("SIGKILL");
  });
  const [line] = (await Promise.race([once(createInterface(service.stdout), "line"), exited])) as [string];
  const address = line.replace("Listening on ", "");
  return {
    ask: async (question: string, headers: Record<string, string> = {}) => {
      const body = JSON.stringify({ question });
      const response = await fetch(`${address}/answer`, { method: "POST", headers, body });
      return (await response.json()) as { answer: string; traceId: string };
    },
    /** As a container is ended; resolves to the exit code. */
    terminate: async () => {
      service.kill("SIGTERM");
      return (await exited)[0] as number | null;
    },
  };
}

/** A service to be asked, whose answer is the test's to give; resolves to the first request. */
async function startSearch() {
  let onRequest: (request: { traceparent: string; response: ServerResponse }) => void = () => undefined;
  const asked = new Promise<Parameters<typeof onRequest>[0]>((resolve) => {
    onRequest = resolve;
  });
  const server = createServer((request, response) =>
    onRequest({ traceparent: String(request.headers.traceparent), response }),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const leaf = (name: string): StoredTree => ({ name, children: [] });
const answered = [
  { name: "answer", children: [leaf("llm:local"), { name: "tool:search", children: [leaf("search")] }] },
];

describe("the example service, with nothing configured,", () => {
  it("stores a trace of each request, one in its caller's trace, and ends in order", async () => {
    const service = await startService();
    const own = await service.ask("May I give a discount?");
    const joined = await service.ask("Silence?", { traceparent: `00-${TRACE}-${SPAN}-01` });
    expect([own.answer, joined.answer]).toEqual([
      expect.stringMatching(/^Discount: /),
      expect.stringMatching(/^Silence: /),
    ]);
    expect([joined.traceId, await service.terminate()]).toEqual([TRACE, 0]);

    closeStore = await project.holdStoreOpen();
    const { traces } = await project.tracingJson<TracePage>("ls");
    expect(traces.map((trace) => [trace.traceId, trace.pipelineName, trace.status, trace.spanCount])).toEqual(
      [
        [TRACE, "answer", "ok", 4],
        [own.traceId, "answer", "ok", 4],
      ],
    );
    expect(toStoredTree(await project.tracingJson<TraceDetail>("show", own.traceId))).toEqual(answered);
    expect(toStoredTree(await project.tracingJson<TraceDetail>("show", TRACE), SPAN)).toEqual(answered);
  }, 120_000);

  it("passes the trace on, and a SIGTERM waits for the request that is under way", async () => {
    const search = await startSearch();
    const service = await startService({ SEARCH_URL: search.url });
    const answer = service.ask("Anything?");
    const { traceparent, response } = await search.asked;
    const exitCode = service.terminate();
    response.setHeader("connection", "close").end(JSON.stringify(["Late: but here."]));
    const { traceId } = await answer;
    expect([(await answer).answer, await exitCode]).toEqual(["Late: but here.", 0]);
    const trace = await project.tracingJson<TraceDetail>("show", traceId);
    const asking = trace.spans.find(({ name }) => name === "tool:search");
    expect([traceparent, trace.status, trace.spanCount]).toEqual([
      `00-${traceId}-${asking?.spanId}-01`,
      "ok",
      3,
    ]);
  }, 60_000);
});
