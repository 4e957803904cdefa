import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { nodeFetch } from "../../src/insforge/node-fetch.ts";

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An address where somebody takes connections and never says a word. */
async function blackHole(): Promise<string> {
  const sockets = new Set<{ destroy(): void }>();
  const server = createTcpServer((socket) => void sockets.add(socket.on("error", () => undefined)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function runChild(...args: string[]) {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL("children/ending.ts", import.meta.url)), ...args],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  onTestFinished(() => void child.kill());
  return child;
}

describe("nodeFetch", () => {
  it("sends and receives what fetch does", async () => {
    const url = await serve(async (request, response) => {
      const got = {
        method: request.method,
        url: request.url,
        key: request.headers["x-key"],
        body: await text(request),
      };
      response.writeHead(418, { "retry-after": "3", "set-cookie": ["a=1", "b=2"] }).end(JSON.stringify(got));
    });
    const init = { method: "POST", headers: { "x-key": "k" }, body: "é🙂" };
    const response = await nodeFetch(`${url}/a?b=c`, init);
    expect([response.status, response.headers.get("retry-after")]).toEqual([418, "3"]);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(await response.json()).toEqual({ method: "POST", url: "/a?b=c", key: "k", body: "é🙂" });
  });

  it.each([204, 304])("has no body with status %i", async (status) => {
    const url = await serve((_, response) => response.writeHead(status).end());
    expect(await (await nodeFetch(url)).text()).toBe("");
  });

  it("does not follow redirects", async () => {
    const url = await serve((_, response) => response.writeHead(308, { location: "/b" }).end());
    expect((await nodeFetch(url)).status).toBe(308);
  });

  it("uses a connection again", async () => {
    const ports = new Set<number | undefined>();
    const url = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end("ok");
    });
    for (let turn = 0; turn < 3; turn++) await (await nodeFetch(url, { background: true })).text();
    expect(ports.size).toBe(1);
  });

  it("rejects with the reason there is no answer, or the rest of one is missing", async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { "content-length": 10 });
      response.write("half", () => response.socket?.resetAndDestroy());
    });
    const response = await nodeFetch(url);
    await expect(response.text()).rejects.toThrow();
    await expect(nodeFetch("http://127.0.0.1:1")).rejects.toThrow(/ECONNREFUSED/);
    await expect(nodeFetch("no address")).rejects.toThrow(/Invalid URL/);
  });

  it("ends with its signal, before the answer and within it", async () => {
    const abort = new AbortController();
    const url = await serve((request, response) => {
      if (request.url === "/body") response.writeHead(200).write("half");
      else abort.abort();
    });
    const response = await nodeFetch(`${url}/body`, { signal: abort.signal });
    const reading = response.text();
    await expect(nodeFetch(url, { signal: abort.signal })).rejects.toMatchObject({ name: "AbortError" });
    await expect(reading).rejects.toThrow();
  });

  it("lets a process end in the middle of a background request that hangs", async () => {
    const child = runChild(await blackHole(), "background");
    expect(await once(child, "exit")).toEqual([7, null]);
  }, 20_000);

  it("keeps a process alive while somebody waits for the answer", async () => {
    const child = runChild(await blackHole(), "waiting");
    const [output] = await Promise.all([text(child.stdout), once(child, "exit")]);
    expect([output, child.exitCode]).toEqual(["unreachable\n", 7]);
  });
});
