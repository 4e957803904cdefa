import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { LOCAL_BOT_TOKEN, startLocalTelegram } from "../src/index.ts";
import { openLocalTelegram } from "./support/local-telegram.ts";

describe("startLocalTelegram", () => {
  it("names the port and the variable when the port is taken", async () => {
    const { server } = await openLocalTelegram();
    await expect(startLocalTelegram({ port: server.port })).rejects.toThrow(
      `Port ${server.port} on 127.0.0.1 is in use: stop what listens there, or set LOCAL_TELEGRAM_PORT to another port`,
    );
  });

  it.each([
    [{ host: "0.0.0.0" }, "listens on 127.0.0.1"],
    [{ port: 70_000 }, "The port is 70000"],
    [{ firstUser: 0 }, "The first user is 0"],
  ])("refuses %j", async (options, expected) => {
    await expect(startLocalTelegram(options)).rejects.toThrow(expected);
  });

  it("ends long polls and keep-alive connections at once when it closes", async () => {
    const { server, api, chat } = await openLocalTelegram();
    const { activity } = await chat(1);
    const poll = api.getUpdates({ timeout: 50 }).catch(() => "cut off");
    const watch = chat(1, 0, "&wait=60000").catch(() => "cut off");
    await chat(1, 0, `&wait=5000&activity=${activity}`);
    await server.close();
    await server.close();
    expect(await Promise.all([poll, watch])).toEqual(["cut off", "cut off"]);
    await expect(fetch(server.url)).rejects.toThrow();
  });

  it("refuses names that are not of this machine, and pages of other sites", async () => {
    const { server } = await openLocalTelegram();
    const status = (path: string, headers: Record<string, string>) => statusOf(server.port, path, headers);
    const own = `127.0.0.1:${server.port}`;
    expect(await status("/local/bot", { host: own })).toBe(200);
    expect(await status("/local/bot", { host: `localhost:${server.port}` })).toBe(200);
    expect(await status("/local/bot", { host: `[::1]:${server.port}` })).toBe(200);
    expect(await status("/", { host: "evil.example" })).toBe(403);
    expect(await status("/local/bot", { host: `127.0.0.1.evil.example:${server.port}` })).toBe(403);
    expect(await status("/local/bot", { host: own, origin: `http://${own}` })).toBe(200);
    expect(await status("/local/bot", { host: own, origin: "https://evil.example" })).toBe(403);
    expect(await status("/local/bot", { host: own, origin: "null" })).toBe(403);
    expect(await status("/local/bot", { host: own, "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await status("/", { host: own, "sec-fetch-site": "cross-site" })).toBe(200);
  });

  it("logs each call without its token", async () => {
    const lines: string[] = [];
    const write = (line: string) => lines.push(line);
    const { server } = await openLocalTelegram({ logger: { debug: write, error: write } });
    for (const method of ["getMe", "sendMessage", "nothing"]) {
      await fetch(`${server.url}/bot${LOCAL_BOT_TOKEN}/${method}`);
    }
    expect(lines).toEqual([
      "getMe: ok",
      "sendMessage: 400 Bad Request: chat_id is empty",
      "unknown method: 404 Not Found: method not found",
    ]);
  });
});

async function statusOf(
  port: number,
  path: string,
  headers: Record<string, string>,
): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const call = request({ host: "127.0.0.1", port, path, headers }, (answer) => {
    answer.resume();
    resolve(answer.statusCode);
  });
  call.on("error", reject).end();
  return promise;
}
