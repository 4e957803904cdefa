import { request } from "node:http";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { LOCAL_BOT_TOKEN } from "../../src/index.ts";
import { openLocalTelegram } from "../support/local-telegram.ts";

/** What acts or tells something, by either API. */
const WAYS: readonly (readonly [method: string, path: string])[] = [
  ["POST", "/local/users/1/messages"],
  ["POST", "/local/users/1/press"],
  ["DELETE", "/local/users/1/messages/1"],
  ["GET", "/local/users/1/chat"],
  ["GET", "/local/bot"],
  ["GET", "/local/files/x"],
  ["POST", "/local/faults"],
  ["DELETE", "/local/faults"],
  ["POST", `/bot${LOCAL_BOT_TOKEN}/sendMessage`],
  ["GET", `/bot${LOCAL_BOT_TOKEN}/getUpdates`],
  ["GET", `/file/bot${LOCAL_BOT_TOKEN}/voice/1.oga`],
];

/** What a browser would say of a request that a page of another site has made. */
const CROSS_SITE: Readonly<Record<string, (own: string) => Record<string, string>>> = {
  "a name that leads here by DNS": (own) => ({ host: `rebound.example:${own.split(":")[1]}` }),
  "a name that begins like this machine's": (own) => ({
    host: `localhost.evil.example:${own.split(":")[1]}`,
  }),
  "an origin of another site": (own) => ({ host: own, origin: "https://evil.example" }),
  "another port of this machine": (own) => ({ host: own, origin: "http://127.0.0.1:1" }),
  "another scheme of this machine": (own) => ({ host: own, origin: `https://${own}` }),
  "an origin that is hidden": (own) => ({ host: own, origin: "null" }),
  "a form or image of another site": (own) => ({ host: own, "sec-fetch-site": "cross-site" }),
  "another server of this machine": (own) => ({ host: own, "sec-fetch-site": "same-site" }),
};

describe.each(Object.entries(CROSS_SITE))("%s", (_, headersFor) => {
  it.each(WAYS)("gets at nothing: %s %s", async (method, path) => {
    const { server } = await openLocalTelegram();
    const headers = { "content-type": "text/plain", ...headersFor(`127.0.0.1:${server.port}`) };
    const { status, allowed, body } = await send(server.port, method, path, headers);
    expect(status).toBe(403);
    expect(allowed).toBeUndefined();
    expect(JSON.parse(body)).toEqual({ error: expect.stringContaining("Local Telegram") });
  });
});

describe("the server", () => {
  it("lets no page of another origin ask ahead", async () => {
    const { server } = await openLocalTelegram();
    const headers = {
      host: `127.0.0.1:${server.port}`,
      origin: "https://evil.example",
      "access-control-request-method": "POST",
    };
    const { status, allowed } = await send(server.port, "OPTIONS", "/local/users/1/messages", headers);
    expect([status, allowed]).toEqual([403, undefined]);
  });

  it("tells no other origin that it may read, even where it answers", async () => {
    const { server } = await openLocalTelegram();
    for (const [method, path] of WAYS) {
      const { allowed } = await send(server.port, method, path, { host: `127.0.0.1:${server.port}` });
      expect([path, allowed]).toEqual([path, undefined]);
    }
  });

  it("is not reached through any other address of the machine", async () => {
    const { server } = await openLocalTelegram();
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, scopeid }) => !internal && !scopeid);
    for (const { address } of others)
      expect([address, await answers(address, server.port)]).toEqual([address, false]);
    expect(await answers("127.0.0.1", server.port)).toBe(true);
  });
});

async function send(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number | undefined; allowed: string | undefined; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof send>>>();
  const call = request({ host: "127.0.0.1", port, path, method, headers }, (answer) => {
    let body = "";
    answer.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    answer.on("end", () =>
      resolve({ status: answer.statusCode, allowed: answer.headers["access-control-allow-origin"], body }),
    );
  });
  call.on("error", reject).end();
  return promise;
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 });
    const settle = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", settle(true)).once("error", settle(false)).once("timeout", settle(false));
  });
}
