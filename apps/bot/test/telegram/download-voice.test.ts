import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { inspect } from "node:util";
import { createGzip } from "node:zlib";
import { Api } from "grammy";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import {
  type DownloadVoiceOptions,
  downloadVoice,
  VoiceDownloadError,
} from "../../src/telegram/download-voice.ts";
import { BotApiServer } from "../support/bot-api-server.ts";

/** Without an end, made as they are read. */
function endlessZeros(): Readable {
  const chunk = Buffer.alloc(64 * 1_024);
  return new Readable({
    read() {
      this.push(chunk);
    },
  });
}

const RECORDING = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);

describe("downloadVoice", () => {
  let server: BotApiServer;

  beforeEach(async () => {
    server = await BotApiServer.start();
    server.files.set("voice/hello.oga", RECORDING);
  });
  afterEach(() => server[Symbol.asyncDispose]());

  function download(options: Partial<DownloadVoiceOptions> = {}): Promise<Uint8Array> {
    const { token, url: apiRoot } = server;
    return downloadVoice({ api: new Api(token, { apiRoot }), apiRoot, token, fileId: "hello", ...options });
  }

  async function failureOf(options: Partial<DownloadVoiceOptions>): Promise<VoiceDownloadError> {
    const error = await download(options).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(VoiceDownloadError);
    expect(inspect(error)).not.toContain(server.token);
    expect(inspect(error)).not.toContain(server.url);
    return error as VoiceDownloadError;
  }

  it("fetches the bytes", async () => {
    expect(Buffer.from(await download()).equals(RECORDING)).toBe(true);
  });

  it("does not begin when the size is over the limit", async () => {
    expect(await failureOf({ maxBytes: 99_999 })).toMatchObject({ kind: "too-large" });
  });

  it("stops when more bytes come than were promised", async () => {
    server.script("getFile", { kind: "result", result: { file_path: "voice/hello.oga", file_size: 5 } });
    expect(await failureOf({ maxBytes: 50_000 })).toMatchObject({ kind: "too-large" });
  });

  it("stops in the middle of what has no end, and hangs up", async () => {
    const closed = Promise.withResolvers<void>();
    server.files.set("voice/endless.oga", (response) => {
      response.once("close", closed.resolve);
      endlessZeros().pipe(response);
    });
    expect(await failureOf({ fileId: "endless", maxBytes: 1_000_000 })).toMatchObject({ kind: "too-large" });
    await closed.promise;
  });

  it("asks for the bytes as they are, and counts those of a packed file as they come out", async () => {
    const accepted: unknown[] = [];
    server.files.set("voice/bomb.oga", (response) => {
      accepted.push(response.req.headers["accept-encoding"]);
      response.writeHead(200, { "content-encoding": "gzip" });
      endlessZeros().pipe(createGzip()).pipe(response);
    });
    expect(await failureOf({ fileId: "bomb", maxBytes: 1_000_000 })).toMatchObject({ kind: "too-large" });
    expect(accepted).toEqual(["identity"]);
  });

  it("does not take what calls itself packed and is not", async () => {
    server.files.set("voice/false.oga", (response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end("OggS");
    });
    expect(await failureOf({ fileId: "false" })).toMatchObject({ kind: "unreachable" });
  });

  it("gives up what comes so slowly that it would not end, and hangs up", async () => {
    const closings: Promise<unknown>[] = [];
    server.files.set("voice/slow.oga", (response) => {
      closings.push(once(response, "close"));
      response.write("O");
    });
    expect(await failureOf({ fileId: "slow", timeoutMs: 500 })).toMatchObject({ kind: "unreachable" });
    // None, where the time was up before the request had come through.
    await Promise.all(closings);
  });

  it("has no use for an empty file", async () => {
    server.files.set("voice/empty.oga", new Uint8Array());
    expect(await failureOf({ fileId: "empty" })).toMatchObject({ kind: "empty" });
  });

  it("takes Telegram's word that a file is too big", async () => {
    server.script("getFile", { kind: "error", status: 400, description: "Bad Request: file is too big" });
    expect(await failureOf({})).toMatchObject({ kind: "too-large" });
  });

  it("tells that a recording is gone", async () => {
    expect(await failureOf({ fileId: "unknown" })).toMatchObject({ kind: "gone" });
    server.script("getFile", { kind: "result", result: { file_path: "voice/deleted.oga" } });
    expect(await failureOf({})).toMatchObject({ kind: "gone" });
  });

  it("tells that Telegram cannot be reached, without the address", async () => {
    server.script("getFile", { kind: "reset" });
    expect(await failureOf({})).toMatchObject({ kind: "unreachable" });
    const nobody = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => nobody.once("listening", resolve));
    const address = nobody.address();
    nobody.close();
    const port = typeof address === "object" ? address?.port : 0;
    expect(await failureOf({ apiRoot: `http://127.0.0.1:${port}` })).toMatchObject({
      kind: "unreachable",
      message: "The recording could not be fetched from Telegram (ECONNREFUSED)",
    });
    expect(await failureOf({ apiRoot: "http://not an address" })).toMatchObject({ kind: "unreachable" });
  });

  it("does not wait for ever, neither for the address nor for the bytes", async () => {
    server.script("getFile", { kind: "hang" });
    expect(await failureOf({ timeoutMs: 50 })).toMatchObject({ kind: "unreachable" });
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    onTestFinished(() => void silent.close().closeAllConnections());
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const apiRoot = `http://127.0.0.1:${port}`;
    expect(await failureOf({ timeoutMs: 50, apiRoot })).toMatchObject({ kind: "unreachable" });
  });

  it("is given up by the caller's signal, with its reason", async () => {
    server.script("getFile", { kind: "hang" });
    const caller = new AbortController();
    const result = download({ signal: caller.signal });
    await server.received("getFile");
    caller.abort(new Error("cancelled"));
    await expect(result).rejects.toThrow("cancelled");
  });
});
