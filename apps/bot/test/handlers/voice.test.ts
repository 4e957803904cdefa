import type { Voice } from "grammy/types";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Slots } from "../../src/runs/slots.ts";
import { downloadVoice } from "../../src/telegram/download-voice.ts";
import { createAssemblyAiTranscriber } from "../../src/voice/assemblyai-transcriber.ts";
import { AssemblyAiServer } from "../support/assemblyai-server.ts";
import { AdminWorld, type SeenMessage } from "./admin/admin-world.ts";

const DEAL = "Acme, 40 seats for 36,000 euros a year; the CFO likes it, procurement is silent.";

let world: AdminWorld;
let assemblyai: AssemblyAiServer;
/** Who waits to be asked for a deal; another one in each test. */
let rep = 42;

beforeAll(async () => {
  world = await AdminWorld.start();
  const { token, url: apiRoot } = world.server;
  world.deps.downloadVoice = (fileId, signal) =>
    downloadVoice({ api: world.api, apiRoot, token, fileId, signal });
  world.server.files.set("voice/hello.oga", new TextEncoder().encode("OggS"));
});

afterAll(() => world.stop());

beforeEach(async () => {
  assemblyai = await AssemblyAiServer.start();
  const { apiKey, url: baseUrl } = assemblyai;
  world.deps.transcriber = createAssemblyAiTranscriber({ apiKey, baseUrl, pollIntervalMs: 5 });
  rep += 10;
  await world.send("/support", rep);
  world.server.calls.splice(0);
});

afterEach(() => assemblyai[Symbol.asyncDispose]());

function say(fields: Partial<Voice> = {}, userId = rep): Promise<SeenMessage> {
  const voice = { file_id: "hello", file_unique_id: "x", duration: 1, ...fields };
  return world.sendFields({ voice }, userId);
}

/** So many turns, and no more. */
function allowTurns(points: number): void {
  world.deps.limiter = new RateLimiterMemory({ points, duration: 60 });
}

describe("a voice message", () => {
  it.each<[string, Partial<Voice>, string]>([
    ["a size", { file_size: 104_857_600 }, "too large for me"],
    ["a time", { duration: 14_400 }, "too long for me"],
    ["a kind", { mime_type: "application/zip" }, "no recording that I can listen to"],
  ])("is refused by %s that is said of it, takes no turn, and is not looked for", async (_, said, answer) => {
    allowTurns(1);
    expect((await say(said)).text).toContain(answer);
    expect(world.server.callsOf("getFile")).toEqual([]);
    assemblyai.enqueue({ kind: "text", text: DEAL });
    expect((await say()).text).toContain("Draft message");
  });

  it("takes one turn, from the recording to the strategy", async () => {
    allowTurns(1);
    assemblyai.enqueue({ kind: "text", text: DEAL });
    expect((await say()).text).toContain("Draft message");
  });

  it("takes a turn also when it becomes too little to work with, and without one is not listened to", async () => {
    allowTurns(1);
    assemblyai.enqueue({ kind: "text", text: "ok" });
    expect((await say()).text).toContain("too little to work with");
    expect((await say()).text).toMatch(/^That was quick\. Give me \d+ s, then send it again\.$/);
    expect(world.server.callsOf("getFile")).toHaveLength(1);
    expect(assemblyai.uploads).toHaveLength(1);
  });

  it("shows the bot typing while it is listened to, and not afterwards", async () => {
    assemblyai.enqueue({ kind: "hang", step: "upload" });
    const answer = say();
    await assemblyai.received("upload");
    await world.server.received("sendChatAction");
    await world.send("/cancel", rep);
    await answer;
    const typed = world.server.callsOf("sendChatAction");
    expect(typed.map(({ payload }) => payload)).toEqual([{ chat_id: rep, action: "typing" }]);
  });

  it("waits while as many as fit into memory are listened to, and its turn comes", async () => {
    world.deps.listening = new Slots(1);
    assemblyai.enqueue({ kind: "hang", step: "upload" });
    const first = say();
    await assemblyai.received("upload");
    const other = rep + 1;
    await world.send("/support", other);
    const second = say({}, other);
    await world.server.received("sendChatAction", 2);
    expect(world.server.callsOf("getFile")).toHaveLength(1);
    await world.send("/cancel", rep);
    await Promise.all([first, second]);
    expect(assemblyai.uploads).toHaveLength(2);
  });

  it("that becomes a book is too long", async () => {
    assemblyai.enqueue({ kind: "text", text: "word ".repeat(4_000) });
    expect((await say()).text).toContain("16,000 characters are the most I take");
  });
});
