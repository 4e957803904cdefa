import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createAdmin } from "../../../src/handlers/admin/index.ts";
import { createOpenRouterModel } from "../../../src/llm/openrouter-model.ts";
import { RunStoppedError } from "../../../src/runs/run-registry.ts";
import { type ModelServer, startModelServer } from "../../support/model-server.ts";
import { ADMIN, AdminWorld } from "./admin-world.ts";

let world: AdminWorld;

describe("/admin test", () => {
  beforeAll(async () => {
    world = await AdminWorld.start();
  });
  afterAll(() => world.stop());

  it("runs every pipeline with a test user, tagged, and forgets what was noted of it", async () => {
    const { text, buttons } = await world.send("/admin test");
    expect(text).toMatch(
      /^Test passed\n✓ learn {2}.+ m?s\n✓ train {2}.+ m?s\n✓ support {2}.+ m?s\n✓ support_regen {2}.+ m?s$/,
    );
    expect([...buttons.keys()]).toEqual(["learn", "train", "support", "support_regen", "Again", "Overview"]);
    const { traces } = await world.tracing.repo.listTraces({ tag: "synthetic" });
    expect(traces.map(({ pipelineName }) => pipelineName).toSorted()).toEqual([
      "learn",
      "support",
      "support_regen",
      "train",
    ]);
    expect(traces.every(({ userId, telegramId }) => userId === "synthetic" && telegramId === null)).toBe(
      true,
    );
    expect(await world.deps.records.readNotes("synthetic")).toEqual([]);
  });

  it("shows that it runs, puts the result in its place, and opens a trace", async () => {
    const overview = await world.send("/admin");
    const before = world.server.callsOf("editMessageText").length;
    const result = await world.press(overview, "Test");
    expect(result.messageId).toBe(overview.messageId);
    const shown = world.server
      .callsOf("editMessageText")
      .slice(before)
      .map(({ payload }) => String(payload.text));
    expect(shown).toEqual(["Running every pipeline once… 0 s", result.text]);
    const trace = await world.press(result, "support");
    expect(trace.text).toContain("✓ support  ok, ");
    expect(trace.text).toContain("agent:memory");
    expect(trace.text).toContain("tags: synthetic");
  });
});

describe("/admin test with a model", () => {
  let models: ModelServer;
  beforeAll(async () => {
    models = await startModelServer();
    const model = createOpenRouterModel({ apiKey: "test-key", baseUrl: models.url, model: "small" });
    world = await AdminWorld.start({ model });
  });
  afterAll(async () => {
    await world.stop();
    await models.close();
  });

  it("says which pipelines fail and why", async () => {
    models.enqueue({ kind: "status", status: 401, task: "strategy" });
    const { text, buttons } = await world.send("/admin test");
    expect(text).toContain("Test failed: 2 of 4 pipelines");
    expect(text).toMatch(/✓ learn .+\n✓ train .+\n✗ support .+\n {4}ModelError: .*401/);
    expect(text).toContain("✗ support_regen  –\n    It needs the strategy of support, which gave none.");
    expect(buttons.has("support")).toBe(true);
    expect(buttons.has("support_regen")).toBe(false);
  });

  it("fails a pipeline whose background step fails, though its answer was good", async () => {
    models.enqueue({ kind: "status", status: 401, task: "memory" });
    const { text } = await world.send("/admin test");
    expect(text).toContain("Test failed: 1 of 4 pipelines");
    expect(text).toMatch(/✗ .+\n {4}agent:memory is error: .*401/);
  });

  it("runs one test at a time, and is given up as other runs are", async () => {
    const before = models.requests.length;
    models.enqueue({ kind: "hang" });
    const first = world.send("/admin test");
    await models.received(before + 1);
    world.deps.adminIds = new Set([ADMIN, 3]);
    expect((await world.send("/admin test", 3)).text).toContain("A test is running already");
    const stop = world.deps.runs.stop(ADMIN, new RunStoppedError("Stopped, as you asked."));
    await first;
    stop[Symbol.dispose]();
    const result = world.server.messages.find(({ text }) => text.startsWith("Test failed: 4 of 4"));
    expect(result?.text).toContain("✗ learn");
    expect(result?.text).toContain("Stopped, as you asked.");
    expect((await world.send("/admin test")).text).toContain("Test passed");
  });
});

describe("/admin test with a model that hangs", () => {
  it("gives a pipeline its time and no more, background steps included", async () => {
    const models = await startModelServer();
    onTestFinished(() => models.close());
    const model = createOpenRouterModel({ apiKey: "test-key", baseUrl: models.url, model: "small" });
    world = await AdminWorld.start({ model, features: createAdmin({ testTimeoutMs: 2_000 }) });
    onTestFinished(() => world.stop());
    models.enqueue({ kind: "hang", task: "assess" }, { kind: "hang", task: "memory" });
    const { text } = await world.send("/admin test");
    expect(text).toContain("Test failed: 2 of 4 pipelines");
    expect(text).toMatch(/✗ learn {2}.+ m?s\n {4}No answer within 2\.00 s\./);
    expect(text).toMatch(/✗ train {2}.+ m?s\n {4}Its background steps took longer than 2\.00 s\./);
  });
});

describe("/admin test while the database is away", () => {
  it("says that traces cannot be read back while the database is away", async () => {
    world = await AdminWorld.start({ store: "insforge" });
    onTestFinished(() => world.stop());
    await world.send("/admin");
    await world.opened.backend?.down();
    const { text } = await world.send("/admin test");
    expect(text).toContain("Test failed: 4 of 4 pipelines");
    expect(text).toContain("Its trace cannot be read back: StoreError");
    expect(text).toContain("What was noted of the test user could not be erased");
  });
});
