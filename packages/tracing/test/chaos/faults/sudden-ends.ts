import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { readSpoolStatus } from "../../../src/collector/spool/spool-status.ts";
import type { InsForgeServer } from "../../support/insforge-server.ts";
import { requireAsLogged } from "../as-logged.ts";
import type { Fault } from "../fault.ts";
import { readRunLogs } from "../run-log.ts";
import type { Scene } from "../scene.ts";
import { together } from "../together.ts";
import { until } from "../until.ts";

const WAYS_TO_END = new URL("../services/ways-to-end.ts", import.meta.url);
/** What keeps a process alive here would do so for 10 s, which a connection may take, or for ever. */
const SOON_MS = 8_000;

interface End {
  order: "throw" | "reject" | "exit" | "drift";
  exitCode: number;
  store: "postgres" | "insforge";
  backend: "well" | "refuses" | "hangs";
}

const ENDS: readonly End[] = [
  { order: "throw", exitCode: 1, store: "postgres", backend: "well" },
  { order: "throw", exitCode: 1, store: "insforge", backend: "refuses" },
  { order: "reject", exitCode: 1, store: "insforge", backend: "well" },
  { order: "reject", exitCode: 1, store: "postgres", backend: "hangs" },
  { order: "exit", exitCode: 7, store: "postgres", backend: "well" },
  { order: "exit", exitCode: 7, store: "insforge", backend: "hangs" },
  { order: "drift", exitCode: 3, store: "postgres", backend: "well" },
  { order: "drift", exitCode: 3, store: "insforge", backend: "well" },
  { order: "drift", exitCode: 3, store: "postgres", backend: "refuses" },
  { order: "drift", exitCode: 3, store: "insforge", backend: "refuses" },
  { order: "drift", exitCode: 3, store: "postgres", backend: "hangs" },
  { order: "drift", exitCode: 3, store: "insforge", backend: "hangs" },
];

export const suddenEnds: Fault = {
  name: "3 uncaughtException, unhandledRejection, process.exit, natural exit without shutdown()",
  trials: { quick: ENDS.length, full: 6 * ENDS.length },
  async run(scene) {
    while (scene.judged < scene.trials) await endInEachWay(scene);
  },
};

async function endInEachWay(scene: Scene): Promise<void> {
  const insforge = await scene.insforge();
  const { databaseUrl } = insforge;
  const [dataDir, logDir] = [scene.dir(), scene.dir()];
  mkdirSync(join(dataDir, "spool"));
  let waiting = 0;
  await together(
    ENDS.map((end, index) => async () => {
      const left = await endLike(scene, end, insforge, join(logDir, String(index)));
      waiting += left.waiting;
      // One process is enough to deliver what all of them have left.
      for (const name of readdirSync(left.spoolDir))
        renameSync(join(left.spoolDir, name), join(dataDir, "spool", name));
    }),
  );
  assert.ok(waiting > 0, "nothing was left to the next start");
  const { stats, warnings } = await scene.deliverLeft({ databaseUrl, dataDir });
  assert.deepEqual([stats.ended, stats.delivered, warnings], [waiting, waiting, []]);

  const log = readRunLogs(ENDS.map((_, index) => join(logDir, String(index))));
  await scene.judge({ databaseUrl, ended: log.ended, dataDirs: [dataDir] }, ENDS.length);
  assert.ok((await requireAsLogged(databaseUrl, log)) > 0, "no run was cut short");
}

/** Starts a service and has it end; returns what it has left. */
async function endLike(scene: Scene, end: End, insforge: InsForgeServer, logFile: string) {
  const { order, exitCode, store, backend } = end;
  const { apiKey, url, databaseUrl } = insforge;
  const way = await scene.gate(store === "postgres" ? databaseUrl : url);
  const address = way.databaseUrl;
  const coach = scene.coach(
    {
      ...(store === "postgres" ? { databaseUrl: address } : { insforge: { baseUrl: address, apiKey } }),
      logFile,
      dataDir: scene.dir(),
      workers: 4,
      pauseMs: 30,
      longRunMs: 300,
    },
    { imports: [WAYS_TO_END], before: `exec 2>'${logFile}.stderr'` },
  );
  await coach.started();
  await until("something is stored", async () => (await coach.stats()).delivered > 0);
  if (backend === "refuses") await way.gate.shut();
  if (backend === "hangs") way.gate.block();
  await coach.settled(readRunLogs([logFile]).settled.length + 5);
  coach.tell(order);
  const what = `${order} with ${store}, which ${backend}`;
  const inTime = await Promise.race([coach.ended(), pause(SOON_MS, "alive", { ref: false })]);
  assert.equal(inTime, exitCode, `the exit code of ${what}, unless something keeps the process alive`);
  requireHostsWords(end, readFileSync(`${logFile}.stderr`, "utf8"));

  // What it wrote of itself as it ended, beside what its log and its files say.
  const spoolDir = join(coach.options.dataDir ?? "", "spool");
  const [status, ...others] = readSpoolStatus(spoolDir);
  assert.deepEqual(others, []);
  const { pendingSpans: waiting = 0, ledger } = status ?? {};
  const log = readRunLogs([logFile]);
  // A batch that was stored before an earlier one counts as delivered, and waits all the same to be sent again.
  assert.ok(Number(ledger?.delivered) + waiting >= Number(ledger?.ended), "spans have ended and are nowhere");
  assert.deepEqual([ledger?.deadLettered, ledger?.dropped], [0, {}]);
  assert.ok(Number(ledger?.ended) >= log.ended.size, "the checkpoint knows of fewer spans than have ended");
  const expected = backend === "refuses" ? 1 : 0;
  assert.ok(log.warnings.length <= expected, `${what} warned: ${log.warnings}`);
  return { spoolDir, waiting };
}

/** Standard error says what the host has died of, and nothing else. */
function requireHostsWords({ order }: End, words: string): void {
  if (order === "exit" || order === "drift") assert.equal(words, "");
  else assert.match(words, /Error: the host has broken\n +at .*ways-to-end\.ts:\d+/);
}
