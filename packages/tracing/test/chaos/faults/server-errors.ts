import assert from "node:assert/strict";
import type { InsForgeServer } from "../../support/insforge-server.ts";
import type { Coach } from "../coach.ts";
import type { Fault } from "../fault.ts";
import { finish } from "../finish.ts";
import { INGEST } from "../ingests.ts";
import { deadLetters } from "../judge.ts";
import { steadyCoach, storeIn } from "../steady-coach.ts";
import { until } from "../until.ts";

interface Failure {
  status: number;
  body?: string;
  /** Whether nothing but ingestion fails, so that the backend looks well to whoever asks it. */
  alone?: boolean;
}

const FAILURES: readonly Failure[] = [
  { status: 500 },
  { status: 502, body: "<html><title>Bad Gateway</title></html>" },
  { status: 503 },
  { status: 504 },
  { status: 408 },
  // These are no word on the batch even then.
  { status: 408, alone: true },
  { status: 503, body: '{"code":"53300","message":"sorry, too many clients already"}', alone: true },
];

/** After five failures of one batch it would be taken for poison if the backend were well. */
const ROUNDS = 8;

export const serverErrors: Fault = {
  name: "13 500, 502, 503, 504, 408",
  trials: { quick: FAILURES.length, full: 6 * FAILURES.length },
  async run(scene) {
    const server = await scene.insforge();
    const collector = { minBackoffMs: 10, maxBackoffMs: 40 };
    const coach = steadyCoach(scene, { ...storeIn(server), collector });
    await coach.started();
    const rounds = Math.ceil(scene.trials / FAILURES.length);
    for (let round = 0; round < rounds; round++)
      for (const failure of FAILURES) await requireRetried(server, coach, failure);
    await finish(scene, coach, server.databaseUrl, { trials: rounds * FAILURES.length });
  },
};

async function requireRetried(server: InsForgeServer, coach: Coach, failure: Failure): Promise<void> {
  const { status, body = "oops", alone = false } = failure;
  const sent = new Map<string, number>();
  const lift = server.fault((path, batch) => {
    const brings = path.endsWith(INGEST);
    if (brings) sent.set(batch, (sent.get(batch) ?? 0) + 1);
    return brings || !alone ? { kind: "answer", status, body } : undefined;
  });
  const what = `a batch is sent ${ROUNDS} times although the answer is ${status}`;
  await until(what, () => [...sent.values()].some((times) => times >= ROUNDS));
  const { state, deadLettered } = await coach.stats();
  assert.equal(state, "retrying", `after many answers of ${status}`);
  assert.equal(deadLettered, 0, `a batch was taken for poison because of ${status}`);
  assert.deepEqual(deadLetters(coach.options.dataDir ?? ""), []);
  lift();
  await until("it delivers again", async () => (await coach.stats()).state === "ok");
}
