import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type AssemblyAiOptions,
  createAssemblyAiTranscriber,
} from "../../src/voice/assemblyai-transcriber.ts";
import { type Transcriber, TranscriptionError } from "../../src/voice/transcriber.ts";
import { AssemblyAiServer } from "../support/assemblyai-server.ts";

const RECORDING = Uint8Array.from([0x4f, 0x67, 0x67, 0x53, 0, 255, 128, 7]);

describe("transcription with AssemblyAI", () => {
  let service: AssemblyAiServer;

  beforeEach(async () => {
    service = await AssemblyAiServer.start();
  });
  afterEach(() => service[Symbol.asyncDispose]());

  function create(options: Partial<AssemblyAiOptions> = {}): Transcriber {
    return createAssemblyAiTranscriber({
      apiKey: service.apiKey,
      baseUrl: service.url,
      pollIntervalMs: 5,
      ...options,
    });
  }

  const signal = new AbortController().signal;
  const failureOf = (transcriber: Transcriber): Promise<unknown> =>
    transcriber.transcribe(RECORDING, { signal }).catch((error: unknown) => error);

  it("uploads the bytes, waits, and gives the text", async () => {
    service.enqueue({ kind: "text", text: " We close on Friday. ", polls: 2 });
    await expect(create().transcribe(RECORDING, { signal })).resolves.toBe("We close on Friday.");
    expect(service.requests.map(({ step }) => step)).toEqual(["upload", "create", "poll", "poll", "poll"]);
    expect(service.uploads).toEqual([Buffer.from(RECORDING)]);
    const created = JSON.parse(service.requests[1]?.body.toString() ?? "");
    expect(created).toMatchObject({
      language_detection: true,
      audio_url: expect.stringContaining("/upload/"),
    });
  });

  it("takes a base address with a slash at its end", async () => {
    service.enqueue({ kind: "text", text: "Hello" });
    const transcriber = create({ baseUrl: `${service.url}/` });
    await expect(transcriber.transcribe(RECORDING, { signal })).resolves.toBe("Hello");
  });

  it.each([
    ["busy", { kind: "status", step: "upload", status: 429, error: "Too many requests" }],
    ["busy", { kind: "status", step: "create", status: 503, error: "Unavailable" }],
    ["refused", { kind: "status", step: "create", status: 400, error: "Bad parameters" }],
    ["too-long", { kind: "status", step: "upload", status: 413, error: "Too large" }],
    ["refused", { kind: "failed", error: "File does not appear to contain audio" }],
    ["too-long", { kind: "failed", error: "Audio duration is too long." }],
    ["empty", { kind: "failed", error: "Audio duration is too short." }],
    [
      "empty",
      { kind: "failed", error: "language_detection cannot be performed on files with no spoken audio." },
    ],
    ["empty", { kind: "text", text: "" }],
    ["empty", { kind: "text", text: null }],
  ] as const)("fails as %s after %o", async (kind, outcome) => {
    service.enqueue(outcome);
    const error = await failureOf(create());
    expect(error).toBeInstanceOf(TranscriptionError);
    expect(error).toMatchObject({ kind });
  });

  it("does not tell a wrong key, its own or an address", async () => {
    const wrong = "a-wrong-key-0000000000";
    const refused = await failureOf(create({ apiKey: wrong }));
    expect(refused).toMatchObject({ kind: "refused", message: expect.stringContaining("401") });
    expect(inspect(refused)).not.toContain(wrong);

    service.enqueue({
      kind: "failed",
      error: `Key ${service.apiKey} cannot read ${service.url}/upload/secret`,
    });
    const failed = await failureOf(create());
    expect(failed).toMatchObject({
      message: expect.stringContaining("Key [redacted] cannot read [address]"),
    });
    expect(inspect(failed)).not.toContain(service.url);
  });

  it("asks on when the service is busy in between", async () => {
    service.enqueue(
      { kind: "status", step: "poll", status: 502, error: "Bad gateway" },
      { kind: "text", text: "Hello", polls: 1 },
    );
    await expect(create().transcribe(RECORDING, { signal })).resolves.toBe("Hello");
  });

  it("gives up a recording that is never ready", async () => {
    service.enqueue({ kind: "stuck" });
    const error = await failureOf(create({ timeoutMs: 50 }));
    expect(error).toMatchObject({ kind: "timeout", message: "There was no text after 50 ms" });
  });

  it("hangs up when a request has no answer in time", async () => {
    service.enqueue({ kind: "hang", step: "upload" });
    const failure = failureOf(create({ timeoutMs: 100 }));
    const { hungUp } = await service.received("upload");
    await hungUp;
    expect(await failure).toMatchObject({ kind: "timeout" });
  });

  it("is given up by the caller's signal, with its reason", async () => {
    service.enqueue({ kind: "stuck" });
    const caller = new AbortController();
    const result = create().transcribe(RECORDING, { signal: caller.signal });
    await service.received("poll");
    caller.abort(new Error("cancelled"));
    await expect(result).rejects.toThrow("cancelled");
  });

  it("tells when the service cannot be reached, without its address", async () => {
    const { url } = service;
    await service[Symbol.asyncDispose]();
    const error = await failureOf(create({ baseUrl: url }));
    expect(error).toMatchObject({
      kind: "unreachable",
      message: "AssemblyAI could not be reached (ECONNREFUSED)",
    });
    expect(inspect(error)).not.toContain(url);
  });
});
