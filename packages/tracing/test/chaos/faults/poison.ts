import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { InsForgeServer } from "../../support/insforge-server.ts";
import { query } from "../../support/postgres-server.ts";
import { burstModule, makeBurst, storedBurst } from "../burst.ts";
import type { Coach, CoachOptions } from "../coach.ts";
import type { Fault } from "../fault.ts";
import { finish } from "../finish.ts";
import { INGEST } from "../ingests.ts";
import { deadLetters } from "../judge.ts";
import type { Scene } from "../scene.ts";
import { steadyCoach, storeIn } from "../steady-coach.ts";
import { together } from "../together.ts";
import { until } from "../until.ts";

const SPANS = 512;
const SECRET = "sk-proj-0123456789abcdefghijklmnopqrstuvwxyz";
/** More than an entry of an index takes, and no rule of compression helps. */
const HUGE = randomBytes(15_000).toString("hex");

/** A record that is refused, and what must stand in the reason. */
interface Poison {
  name: string;
  input?: string;
  reason: RegExp;
}

const BY_PROXY: readonly (Poison & { status: number })[] = [400, 422].map((status) => ({
  name: `poison-${status}`,
  status,
  reason: new RegExp(`${status}.*rule 942100`),
}));
const BY_DATABASE: readonly Poison[] = [
  { name: "poison-check", reason: /23514.*no_poison/ },
  { name: "poison-index", input: HUGE, reason: /54000.*index row/ },
];

export const poison: Fault = {
  name: "15 400/422 for one poison record in 512",
  trials: { quick: 6, full: 24 },
  async run(scene) {
    while (scene.judged < scene.trials)
      await together([() => overInsForge(scene), () => overPostgres(scene)]);
  },
};

async function overInsForge(scene: Scene): Promise<void> {
  const server = await scene.insforge();
  refuseByProxy(server);
  await refuseByDatabase(server.databaseUrl);
  await requireAlone(
    scene,
    server.databaseUrl,
    storeIn(server),
    [...BY_PROXY, ...BY_DATABASE],
    server.apiKey,
  );
}

async function overPostgres(scene: Scene): Promise<void> {
  const databaseUrl = await scene.database();
  await refuseByDatabase(databaseUrl);
  await requireAlone(scene, databaseUrl, { databaseUrl }, BY_DATABASE);
}

/** What it says repeats the key that it was shown. */
function refuseByProxy(server: InsForgeServer): void {
  const message = `rule 942100 matched: Authorization: Bearer ${server.apiKey} x-api-key: ${SECRET}`;
  for (const { name, status } of BY_PROXY)
    server.fault((path, batch) =>
      path.endsWith(INGEST) && batch.includes(`"${name}"`)
        ? { kind: "answer", status, body: JSON.stringify({ message }) }
        : undefined,
    );
}

/** What PostgreSQL says of the one repeats the whole row. */
async function refuseByDatabase(databaseUrl: string): Promise<void> {
  await query(
    databaseUrl,
    "ALTER TABLE tracing.spans ADD CONSTRAINT no_poison CHECK (name <> 'poison-check')",
  );
  await query(databaseUrl, "CREATE INDEX ON tracing.spans (input)");
}

async function requireAlone(
  scene: Scene,
  databaseUrl: string,
  store: Partial<CoachOptions>,
  poisons: readonly Poison[],
  key = SECRET,
): Promise<void> {
  const collector = { minBackoffMs: 5, maxBackoffMs: 20 };
  const coach = steadyCoach(scene, { ...store, workers: 0, collector }, { imports: [burstModule] });
  await coach.started();
  const whole = { status: "ok", said: SPANS - 1, spans: SPANS - 1 };
  for (const [index, { name, input = SECRET, reason }] of poisons.entries()) {
    const traceId = await makeBurst(coach, { spans: SPANS, odd: { 300: { name, input } } });
    await until(`only ${name} is left of its batch`, async () => (await coach.stats()).pending === 0);
    assert.deepEqual(await storedBurst(databaseUrl, traceId), whole, `neighbours of ${name} are missing`);
    requireLetter(coach, index + 1, name, reason, key);
  }
  await finish(scene, coach, databaseUrl, { trials: poisons.length });
}

function requireLetter(coach: Coach, count: number, name: string, reason: RegExp, key: string): void {
  const letters = deadLetters(coach.options.dataDir ?? "");
  assert.equal(letters.length, count, `more than one record was given up with ${name}`);
  const letter = letters.at(-1);
  assert.equal(letter?.record.name, name);
  assert.match(letter?.reason ?? "", reason);
  const kept = JSON.stringify(letter);
  assert.ok(!kept.includes(SECRET) && !kept.includes(key), `a secret is kept with ${name}`);
}
