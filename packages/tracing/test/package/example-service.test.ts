import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { TraceDetail } from "../../src/store/trace-repo.ts";
import { Project } from "./installed-project.ts";

const example = fileURLToPath(new URL("../../../../examples/service/", import.meta.url));

const CALLER = "0af7651916cd43dd8448eb211c80319c";

/** Starts the service, asks it twice, once as part of another service's trace, and ends it with SIGTERM. */
const DRIVER = `
  import { spawn } from "node:child_process";
  import { once } from "node:events";
  const service = spawn(process.execPath, ["src/main.ts"], { env: { ...process.env, PORT: "0" } });
  service.stderr.pipe(process.stderr);
  let printed = "";
  const listening = Promise.withResolvers();
  service.stdout.on("data", (chunk) => {
    printed += chunk;
    const address = /Listening on (\\S+)/.exec(printed)?.[1];
    if (address) listening.resolve(address);
  });
  const address = await listening.promise;
  const ask = (headers) =>
    fetch(address + "/answer", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ question: "May I give a discount?" }),
    }).then((response) => response.json());
  const own = await ask({});
  const joined = await ask({ traceparent: "00-${CALLER}-b7ad6b7169203331-01" });
  service.kill("SIGTERM");
  const [code] = await once(service, "exit");
  console.log(JSON.stringify({ code, own: own.traceId, joined: joined.traceId }));
`;

it("the example service joins and passes on traces, and a SIGTERM loses none", async () => {
  const project = await Project.install("example-service", [
    ...["@opentelemetry/api", "@insforge/sdk", "@electric-sql/pglite"],
    ...["hono@^4.13.19", "@hono/node-server@^2.1.9"],
  ]);
  project.setType("module");
  cpSync(`${example}src`, project.path("src"), { recursive: true });
  project.write("drive.mjs", DRIVER);
  const { code, own, joined } = JSON.parse(
    (await project.nodeOutput("drive.mjs")).trim().split("\n").at(-1) ?? "",
  );
  expect([code, joined]).toEqual([0, CALLER]);
  const [alone, called] = await Promise.all(
    [own, joined].map((traceId) => project.tracingJson<TraceDetail>("show", traceId)),
  );
  const names = (trace: TraceDetail | undefined) => trace?.spans.map(({ name }) => name).toSorted();
  expect(names(alone)).toContain("answer");
  expect(names(called)).toEqual(names(alone));
  // Below the caller's span, which is not stored here.
  expect(called?.spans.find(({ name }) => name === "answer")?.parentSpanId).toBe("b7ad6b7169203331");
  expect([alone?.status, called?.status]).toEqual(["ok", "ok"]);
}, 180_000);
