import { expect, it } from "vitest";
import { filesWith, rowsWith } from "../../../../packages/tracing/test/erasure/everywhere.ts";
import { wrongFigures } from "../../../../packages/tracing/test/support/stored-figures.ts";
import type { ChatUser } from "../support/chat-user.ts";
import { createTestWorld, type World } from "./world.ts";

const LEAVING = 770_077_123;
const STAYING = 880_088_123;
const SAID = {
  [LEAVING]: "Which of the quagmire figures would you want to see before you decide?",
  [STAYING]: "Which of the sunflower figures would you want to see before you decide?",
};
/** What is of whoever leaves. */
const GONE = [String(LEAVING), "quagmire"];

async function train(user: ChatUser): Promise<void> {
  await user.send("/train");
  await user.expect("How hard");
  await user.pressFirst();
  await user.expect("Reply with your answer");
  await user.send(SAID[user.id as keyof typeof SAID]);
  await user.expect("/100");
}

async function forget(user: ChatUser): Promise<void> {
  await user.send("/forget");
  await user.expect("It cannot be undone");
  await user.press("Erase everything");
}

const rows = async ({ insforge }: World, words: readonly string[]) => ({
  ...(await rowsWith(insforge.databaseUrl, words)),
  ...(await rowsWith(insforge.databaseUrl, words, "bot")),
});

it("erases a rep from tables, spools and dead letters, and nobody else, also after an outage", async () => {
  const world = await createTestWorld();
  // The copy goes nowhere, so that the spool for it keeps everything.
  await world.startBot({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" });
  const [leaving, staying] = [world.user(LEAVING), world.user(STAYING)];
  for (const user of [leaving, staying]) await train(user);

  await world.insforge.down();
  for (const user of [leaving, staying]) await train(user);
  await forget(leaving);
  await leaving.expect("not everything is erased yet");
  expect(Object.keys(await rows(world, GONE))).toEqual(
    expect.arrayContaining(["tracing.traces", "bot.sessions"]),
  );
  expect(filesWith(world.dataDir, GONE).map((path) => path.split("/")[0])).toEqual(
    expect.arrayContaining(["spool", "spool-otlp"]),
  );

  await world.insforge.up();
  await forget(leaving);
  await leaving.expect("Everything about you is erased");
  await expect.poll(() => rows(world, GONE), { timeout: 20_000 }).toEqual({});
  expect(filesWith(world.dataDir, GONE)).toEqual([]);

  await expect
    .poll(
      async () => (await world.store.repo.listTraces({ userId: STAYING })).traces.map(({ status }) => status),
      {
        timeout: 20_000,
      },
    )
    .toEqual(["ok", "ok"]);
  expect(await rows(world, [String(STAYING)])).toMatchObject({ "tracing.traces": 2, "bot.sessions": 1 });
  expect(await rows(world, GONE)).toEqual({});
  expect(await wrongFigures(world.insforge.databaseUrl)).toEqual([]);

  await train(leaving);
  await expect
    .poll(async () => (await world.store.repo.listTraces({ userId: LEAVING })).traces.length, {
      timeout: 20_000,
    })
    .toBe(1);
}, 240_000);
