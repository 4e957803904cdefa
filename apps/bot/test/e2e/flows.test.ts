import type { Span } from "@app/tracing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { loadContent } from "../../src/content/index.ts";
import { CONTENT_DIR } from "../../src/package-files.ts";
import type { ChatMessage, ChatUser } from "../support/chat-user.ts";
import { createWorld, type World } from "./world.ts";

const DEAL =
  "Acme, 40 seats for 36,000 euros a year. The CFO likes it, procurement is silent for three weeks.";
const THUMBS = ["👍 Helpful", "👎 Not helpful"];
const { tracks, scenarios } = loadContent(CONTENT_DIR);

let world: World;
let lastUser = 100;

beforeAll(async () => {
  world = await createWorld();
  await world.startBot({ LLM_TIMEOUT_MS: "1500" });
}, 120_000);

afterAll(() => world.close());

/** Somebody who has never talked to the bot. */
function newUser(): ChatUser {
  lastUser += 1;
  return world.user(lastUser);
}

/** The latest trace of a user, with its spans, once it has ended and none of the expected ones is still on its way. */
async function traceOf(user: ChatUser, pipelineName: string, spanCount: number) {
  return vi.waitUntil(
    async () => {
      const filter = { userId: user.id, pipelineName, limit: 1 };
      const [latest] = (await world.store.repo.listTraces(filter)).traces;
      if (!latest || latest.status === "running" || latest.spanCount < spanCount) return undefined;
      return (await world.store.repo.getTrace(latest.traceId)) ?? undefined;
    },
    { timeout: 15_000 },
  );
}

/** `a > (b, c)`: names below names, in the order of their start. */
function toTree(spans: readonly Span[], parent: string | null = null): string {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .map(({ name, spanId }) => {
      const below = toTree(spans, spanId);
      return below ? `${name} > (${below})` : name;
    })
    .join(", ");
}

function endOf(spans: readonly Span[], name: string): number {
  const span = spans.find((candidate) => candidate.name === name);
  if (!span) throw new Error(`There is no span ${name}.`);
  return Date.parse(span.startTime) + (span.durationMs ?? 0);
}

function labels({ buttons }: ChatMessage): string[] {
  return buttons.flat().map(({ text }) => text);
}

/** An assessment with this grade on each criterion of every exercise. */
function assessment(grade: number) {
  const exercises = [...tracks.flatMap(({ levels }) => levels), ...scenarios].map(({ exercise }) => exercise);
  const ids = new Set(exercises.flatMap(({ rubric }) => rubric.map(({ id }) => id)));
  const grades = [...ids].map((criterion) => ({ criterion, grade }));
  return JSON.stringify({ grades, strengths: [], improvements: ["Ask before you tell."] });
}

async function openSupport(user: ChatUser): Promise<void> {
  await user.send("/support");
  await user.expect("Reply with your answer");
}

/** Presses forward from `/learn` to the message that waits for an answer. */
async function openLevel(user: ChatUser): Promise<ChatMessage> {
  await user.send("/learn");
  await user.expect("Choose a track");
  await user.pressFirst();
  await user.expect("points open the next level");
  await user.pressFirst();
  await user.expect((message) => labels(message).includes("Start the exercise"));
  await user.pressFirst();
  return user.expect("Reply with your answer");
}

async function openScenario(user: ChatUser): Promise<ChatMessage> {
  await user.send("/train");
  await user.expect("How hard");
  await user.pressFirst();
  return user.expect("Reply with your answer");
}

describe("learn", () => {
  it("scores an answer, opens the next level, and its trace has memory after the reply", async () => {
    const user = newUser();
    const prompt = await openLevel(user);
    expect(labels(prompt)).toEqual(["Cancel"]);
    await user.send("Before I talk about price: what happens in your team when a lead goes cold?");
    const score = await user.expect("80/100");
    expect(score.text).toContain("You asked before you told.");
    expect(score.text).toContain("Name a next step.");
    expect(labels(score)[0]).toMatch(/^Next: /);

    const { spans, ...trace } = await traceOf(user, "learn", 5);
    expect(trace).toMatchObject({ status: "ok", telegramId: String(user.id), userId: String(user.id) });
    expect(toTree(spans)).toBe("learn > (agent:trainer > (llm:openrouter), agent:memory > (llm:openrouter))");
    expect(endOf(spans, "agent:memory")).toBeGreaterThan(endOf(spans, "learn"));

    await user.pressFirst();
    const lesson = await user.expect((message) => labels(message)[0] === "Start the exercise");
    expect(lesson.messageId).toBeGreaterThan(score.messageId);
    await user.send("/stats");
    await user.expect("80/100");
  });

  it("leaves the hints to be read when the exercise is tried again", async () => {
    const user = newUser();
    await openLevel(user);
    world.model.enqueue({ kind: "text", task: "assess", text: assessment(59) });
    await user.send("It is cheap, take it, you will not regret it at all.");
    const score = await user.expect("59/100");
    await user.press("Try again");
    const prompt = await user.expect("Reply with your answer");
    expect(prompt.messageId).toBeGreaterThan(score.messageId);
    await user.press("All levels");
    await user.expect("points open the next level");
    expect(user.all()).toContainEqual(score);
  });

  it("keeps the next level closed below 60, also to a forged button", async () => {
    const user = newUser();
    await openLevel(user);
    world.model.enqueue({ kind: "text", task: "assess", text: assessment(59) });
    await user.send("It is cheap, take it, you will not regret it at all.");
    const score = await user.expect("59/100");
    expect(labels(score)).toEqual(["Try again", "All levels", ...THUMBS]);
    const [, second] = tracks[0]?.levels ?? [];
    await user.pressData(score.messageId, `learn:start:${second?.id}`, true);
    await user.expect("points open the next level");
    await user.send("An answer that nobody waits for.");
    await user.expect("I am not waiting for an answer");
  });
});

describe("train", () => {
  it("scores an answer, and offers the next scenario, a retry and the stats", async () => {
    const user = newUser();
    const first = await openScenario(user);
    await user.send("What would have to be true for you to decide this month?");
    const score = await user.expect("80/100");
    expect(labels(score)).toEqual(["Next", "Retry", "Stats", ...THUMBS]);
    expect(toTree((await traceOf(user, "train", 5)).spans)).toBe(
      "train > (agent:trainer > (llm:openrouter), agent:memory > (llm:openrouter))",
    );
    await user.press("Retry");
    expect((await user.expect("Reply with your answer")).text).toBe(first.text);
    await user.press("Stats");
    await user.expect("Recent scores");
    await user.press("Next");
    expect((await user.expect("Reply with your answer")).text).not.toBe(first.text);
  });

  it("never gives a scenario twice until all were seen", async () => {
    const user = newUser();
    const seen = new Set([(await openScenario(user)).text]);
    while (seen.size < scenarios.length) {
      const before = seen.size;
      seen.add((await openScenario(user)).text);
      expect(seen.size).toBe(before + 1);
    }
    expect(seen).toContain((await openScenario(user)).text);
  });

  it.each(["Easy", "Medium", "Hard"])("keeps to the difficulty: %s", async (label) => {
    const user = newUser();
    await user.send("/train");
    await user.expect("How hard");
    await user.press(label);
    const { text } = await user.expect("Reply with your answer");
    const scenario = scenarios.find(({ exercise }) => text.startsWith(exercise.title));
    expect(scenario?.difficulty).toBe(label.toLowerCase());
  });
});

describe("support", () => {
  it("answers with a strategy from parallel steps, and writes it again as wished", async () => {
    const user = newUser();
    await openSupport(user);
    await user.send(DEAL);
    const answer = await user.expect("Draft message");
    for (const part of ["Analysis", "Strategy", "Tactics"]) expect(answer.text).toContain(part);
    expect(labels(answer)).toEqual(["Regenerate", "Shorter", "More aggressive", "Looks good", ...THUMBS]);

    const { spans } = await traceOf(user, "support", 9);
    expect(toTree(spans)).toBe(
      "support > (agent:signals > (llm:openrouter), agent:playbook > (tool:playbook_search), " +
        "agent:strategist > (llm:openrouter), agent:memory > (llm:openrouter))",
    );
    const startOf = (name: string) => Date.parse(spans.find((span) => span.name === name)?.startTime ?? "");
    expect(startOf("agent:playbook")).toBeLessThan(endOf(spans, "agent:signals"));
    expect(startOf("agent:strategist")).toBeGreaterThanOrEqual(endOf(spans, "agent:signals"));

    for (const label of ["Regenerate", "Shorter", "More aggressive"]) {
      await user.press(label);
      const again = await user.expect("Draft message");
      expect(labels(again)).toEqual(["Regenerate", "Shorter", "More aggressive", "Looks good", ...THUMBS]);
    }
    const { traces } = await vi.waitUntil(
      async () => {
        const page = await world.store.repo.listTraces({ userId: user.id, pipelineName: "support_regen" });
        return page.traces.length >= 3 && page;
      },
      { timeout: 15_000 },
    );
    const regen = await traceOf(user, "support_regen", 7);
    expect(toTree(regen.spans)).toBe(
      "support_regen > (agent:playbook > (tool:playbook_search), agent:strategist > (llm:openrouter), " +
        "agent:memory > (llm:openrouter))",
    );
    expect(regen.input).toMatchObject({ wish: "more_aggressive", deal: DEAL });
    expect(traces).toHaveLength(3);

    await user.press("Looks good");
    await user.expect("Saved");
    await user.press("Looks good");
    await user.expect("saved already");
    await user.send("/stats");
    await user.expect("Saved strategies: 1");
    await user.press("Saved strategies");
    await user.expect("Which one?");
    await user.press(/^Acme, 40 seats/);
    const { text } = await user.expect("Draft message");
    expect(text).toContain("Ask for the signature now.");
  });

  it("takes the deal by voice, which is transcribed outside of the trace", async () => {
    const user = newUser();
    await openSupport(user);
    await user.sendVoice(new TextEncoder().encode("OggS and some bytes"));
    await user.expect("Draft message");
    const { spans, input } = await traceOf(user, "support", 9);
    expect(input).toEqual({ deal: "The client loves the demo but says the price is too high." });
    expect(toTree(spans)).toMatch(/^support > \(agent:signals/);
    expect(JSON.stringify(spans)).not.toMatch(/OggS|\/file\//);
    expect((await world.store.repo.listTraces({ userId: user.id })).traces).toHaveLength(1);
  });

  it("says in plain words what became of a voice message that cannot be understood", async () => {
    const user = newUser();
    await openSupport(user);
    world.assemblyai.enqueue({ kind: "failed", error: "language not supported" });
    await user.sendVoice(new TextEncoder().encode("OggS"));
    const [answer] = [await user.expect(({ from }) => from === "bot")];
    expect(answer.text).not.toContain("Something went wrong");
    await user.send(DEAL);
    await user.expect("Draft message");
  });
});

describe("wrong input in every state", () => {
  it("a command in the middle of an answer leaves the exercise instead of being scored", async () => {
    const user = newUser();
    for (const open of [openLevel, openScenario, openSupport]) {
      await open(user);
      await user.send("/stats");
      await user.expect("XP");
      await user.send("This would be an answer, if one was waited for.");
      await user.expect("I am not waiting for an answer");
    }
    expect((await world.store.repo.listTraces({ userId: user.id })).traces).toEqual([]);
  });

  it("Cancel and /cancel leave, and say when there is nothing to leave", async () => {
    const user = newUser();
    await openScenario(user);
    await user.press("Cancel");
    await user.expect("Nothing was scored");
    await openLevel(user);
    await user.send("/cancel");
    await user.expect("Nothing was scored");
    await user.send("/cancel");
    await user.expect("There is nothing to leave");
  });

  it("/cancel stops what runs, and the exercise is left", async () => {
    const user = newUser();
    await openSupport(user);
    const before = world.model.requests.length;
    world.model.enqueue({ kind: "hang", task: "signals" });
    await user.send(DEAL);
    await world.model.received(before + 1);
    await user.send("/cancel");
    await user.expect("Stopped, as you asked");
    await user.expect("You left before a strategy was written");
    expect((await traceOf(user, "support", 1)).error).toMatchObject({ type: "RunStoppedError" });
  });

  it("the Cancel button stops what runs, too", async () => {
    const user = newUser();
    await openScenario(user);
    const before = world.model.requests.length;
    world.model.enqueue({ kind: "hang", task: "assess" });
    await user.send("What would have to be true for you to decide this month?");
    await world.model.received(before + 1);
    await user.press("Cancel");
    await user.expect("Stopped, as you asked");
    await user.expect("Nothing was scored");
  });

  it.each([
    ["a text when nothing is open", "hello", "I am not waiting for an answer"],
    ["an unknown command", "/frobnicate now", "I do not know this command"],
    ["/admin from a stranger", "/admin health", "I do not know this command"],
    ["a deal without words", "/support|ok", "too little to work with"],
  ])("%s gets a plain answer", async (_, texts, answer) => {
    const user = newUser();
    const [first = "", second] = texts.split("|");
    await user.send(first);
    if (second !== undefined) {
      await user.expect("Reply with your answer");
      await user.send(second);
    }
    await user.expect(answer);
  });

  it("a forged, outdated or foreign button does no harm", async () => {
    const owner = newUser();
    await openSupport(owner);
    await owner.send(DEAL);
    const answer = await owner.expect("Draft message");
    const foreign = answer.buttons.flat().find(({ text }) => text === "Shorter")?.data ?? "";
    const user = newUser();
    const forged = [
      foreign,
      "learn:track:no-such",
      "train:retry:no-such:any",
      "admin:health",
      "💥",
      "forget",
    ];
    for (const data of forged) {
      await user.send("/train");
      const { messageId } = await user.expect("How hard");
      await user.pressData(messageId, data, true);
      await user.expect(data === foreign ? "no longer have this strategy" : "from an earlier version");
      expect((await user.answers()).map((message) => message.messageId)).not.toContain(messageId);
    }
  });
});

describe("two users at once", () => {
  it("each gets an own answer and an own trace, and neither waits for the other", async () => {
    const [slow, quick] = [newUser(), newUser()];
    await openSupport(slow);
    await openScenario(quick);
    const held = Promise.withResolvers<void>();
    const before = world.model.requests.length;
    world.model.enqueue({ kind: "text", task: "signals", after: held.promise });
    await slow.send(DEAL);
    await world.model.received(before + 1);
    await quick.send("What would have to be true for you to decide this month?");
    await quick.expect("80/100");
    expect((await slow.answers()).map(({ text }) => text)).toEqual([
      expect.stringContaining("Reading the deal"),
    ]);
    held.resolve();
    await slow.expect("Draft message");
    expect(toTree((await traceOf(quick, "train", 5)).spans)).not.toContain("signals");
    expect(toTree((await traceOf(slow, "support", 9)).spans)).not.toContain("trainer");
  });
});

describe("a model in trouble", () => {
  it("that answers 429 is asked again: two attempt spans, one score", async () => {
    const user = newUser();
    await openScenario(user);
    world.model.enqueue({ kind: "status", task: "assess", status: 429, headers: { "retry-after": "1" } });
    await user.send("What would have to be true for you to decide this month?");
    await user.expect("80/100");
    const { spans, ...trace } = await traceOf(user, "train", 6);
    expect(toTree(spans)).toContain("agent:trainer > (llm:openrouter, llm:openrouter)");
    const attempts = spans.filter(
      ({ name, startTime }) =>
        name === "llm:openrouter" && Date.parse(startTime) < endOf(spans, "agent:trainer"),
    );
    expect(attempts.map(({ status }) => status)).toEqual(["error", "ok"]);
    expect(trace).toMatchObject({ status: "ok", errorCount: 1 });
  });

  it("that answers garbage is asked once more with what is wrong", async () => {
    const user = newUser();
    await openScenario(user);
    world.model.enqueue({ kind: "text", task: "assess", text: "Sure! Here is your score: 80" });
    await user.send("What would have to be true for you to decide this month?");
    await user.expect("80/100");
  });

  it("that answers garbage twice ends in an honest message, and the exercise stays open", async () => {
    const user = newUser();
    await openScenario(user);
    const garbage = { kind: "text", task: "assess", text: "I'd say 80 out of 100!" } as const;
    world.model.enqueue(garbage, garbage);
    await user.send("What would have to be true for you to decide this month?");
    const apology = await user.expect("answered twice with something I could not use");
    expect(apology.text).not.toContain("/100");
    const trace = await traceOf(user, "train", 4);
    expect(trace).toMatchObject({ status: "error", error: { type: "AnswerError" } });
    expect(apology.text).toContain(trace.traceId.slice(0, 8));
    await user.send("What would have to be true for you to decide this month?");
    await user.expect("80/100");
  });

  it("that hangs is given up after its time, with a word to the user", async () => {
    const user = newUser();
    await openScenario(user);
    const hang = { kind: "hang", task: "assess" } as const;
    world.model.enqueue(hang, hang, hang);
    await user.send("What would have to be true for you to decide this month?");
    await user.expect("took too long");
    expect(await traceOf(user, "train", 4)).toMatchObject({ status: "error", error: { type: "ModelError" } });
  });

  it("that refuses the key is not asked again, and the user learns that it is not their fault", async () => {
    const user = newUser();
    await openScenario(user);
    const before = world.model.requests.length;
    world.model.enqueue({ kind: "status", task: "assess", status: 401 });
    await user.send("What would have to be true for you to decide this month?");
    await user.expect("for my operator to mend");
    expect(world.model.requests).toHaveLength(before + 1);
  });
});

describe("thumbs below an answer", () => {
  it("become a score of its trace, once, and of nobody else's", async () => {
    const user = newUser();
    await openScenario(user);
    await user.send("What would have to be true for you to decide this month?");
    const { messageId, buttons } = await user.expect("80/100");
    const [up, down] = buttons.at(-1) ?? [];
    expect([up?.text, down?.text]).toEqual(THUMBS);
    await user.pressData(messageId, up?.data ?? "");
    const rated = await user.expect("80/100");
    expect(labels(rated)).not.toContain(THUMBS[0]);
    expect(labels(rated).length).toBeGreaterThan(0);
    const { scores, traceId } = await traceOf(user, "train", 5);
    expect(scores).toMatchObject([{ name: "helpful", value: true }]);

    const stranger = newUser();
    await stranger.send("/train");
    const prompt = await stranger.expect("How hard");
    await stranger.pressData(prompt.messageId, `rate:down:${traceId}`, true);
    await stranger.expect("from an earlier version");
    expect((await world.store.repo.getTrace(traceId))?.scores).toHaveLength(1);
  });
});

describe("/forget", () => {
  it("erases scores, strategies, notes and traces, once it is confirmed", async () => {
    const user = newUser();
    await openScenario(user);
    await user.send("What would have to be true for you to decide this month?");
    await user.expect("80/100");
    await traceOf(user, "train", 5);
    await user.send("/forget");
    await user.expect("cannot be undone");
    await user.press("Keep it");
    await user.expect("Nothing was erased");
    await user.send("/forget");
    await user.expect("cannot be undone");
    await user.press("Erase everything");
    await user.expect("is erased");
    expect((await world.store.repo.listTraces({ userId: user.id })).traces).toEqual([]);
    const rpc = (fn: string, args: object) => world.store.client.rpc(fn, { ...args }, { schema: "bot" });
    expect(await rpc("read_notes", { user_id: String(user.id) })).toEqual([]);
    expect(await rpc("read_session", { key: String(user.id) })).toBe(null);
    await user.send("/stats");
    await user.expect("No scores yet");
  });
});
