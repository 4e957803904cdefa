import assert from "node:assert/strict";
import type { InsForgeServer } from "../../support/insforge-server.ts";
import { query } from "../../support/postgres-server.ts";
import { burstModule, makeBurst, storedBurst } from "../burst.ts";
import type { Fault } from "../fault.ts";
import { finish } from "../finish.ts";
import { INGEST, ingestsOf } from "../ingests.ts";
import { deadLetters } from "../judge.ts";
import type { Scene } from "../scene.ts";
import { steadyCoach, storeIn } from "../steady-coach.ts";
import { together } from "../together.ts";

/** A few records fit, so that the batches of a burst have to be halved several times. */
const MOST_BYTES = 6_000;
const SPANS = 512;
/** Too much content, which can be left out. */
const LONG = { name: "long", input: "a long question ".repeat(1_000) };
/** Too much that cannot. */
const WORDY = { name: "wordy", error: "words ".repeat(1_200) };

export const tooLarge: Fault = {
  name: "14 413",
  trials: { quick: 2, full: 12 },
  async run(scene) {
    while (scene.judged < scene.trials) await together([() => byProxy(scene), () => byInsForge(scene)]);
  },
};

async function byProxy(scene: Scene): Promise<void> {
  const server = await scene.insforge();
  const body = "<html><head><title>413 Request Entity Too Large</title></head></html>";
  server.fault(
    (path, batch) =>
      path.endsWith(INGEST) && batch.length > MOST_BYTES ? { kind: "answer", status: 413, body } : undefined,
    { path: INGEST },
  );
  await requireHalved(scene, server, 413);
}

async function byInsForge(scene: Scene): Promise<void> {
  const server = await scene.insforge();
  server.limitBodies(MOST_BYTES);
  await requireHalved(scene, server, 500);
}

async function requireHalved(scene: Scene, server: InsForgeServer, refusal: number): Promise<void> {
  const coach = steadyCoach(scene, { ...storeIn(server), workers: 0 }, { imports: [burstModule] });
  await coach.started();
  const traceId = await makeBurst(coach, { spans: SPANS, odd: { 100: LONG, 300: WORDY } });
  await finish(scene, coach, server.databaseUrl);

  const requests = ingestsOf(server);
  const refused = requests.filter(({ status }) => status === refusal);
  assert.ok(refused.length > 50, `only ${refused.length} batches were too large`);
  assert.ok(
    requests.length < SPANS,
    `${requests.length} requests: the batches were not halved but taken apart`,
  );
  assert.deepEqual(await storedBurst(server.databaseUrl, traceId), {
    status: "ok",
    said: SPANS - 1,
    spans: SPANS - 1,
  });
  const [long] = await query(
    server.databaseUrl,
    "SELECT input, output FROM tracing.spans WHERE name = 'long'",
  );
  assert.equal(long?.input, null);
  assert.match(String(long?.output), /left out: the backend refused the record for its size/);
  const letters = deadLetters(coach.options.dataDir ?? "");
  assert.deepEqual(
    letters.map(({ record }) => record.name),
    [WORDY.name],
  );
  assert.match(letters[0]?.reason ?? "", /too large/i);
}
