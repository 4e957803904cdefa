import assert from "node:assert/strict";
import type { CollectorStats } from "../../src/collector/stats.ts";
import { wrongFigures } from "../support/stored-figures.ts";
import { requireAgreement } from "./agreement.ts";
import type { Coach } from "./coach.ts";
import type { Judgement } from "./judge.ts";
import { type RunLog, readRunLogs } from "./run-log.ts";
import type { Scene } from "./scene.ts";

/** How it went with a coach that has come to its end. */
export interface Ending {
  stats: CollectorStats;
  log: RunLog;
  judgement: Judgement;
}

export interface FinishOptions {
  /** Trials that it stands for. @default 1 */
  trials?: number;
  /** Whether it may have given up spans, by its own count. @default false */
  mayDrop?: boolean;
  /** The log of a dead process whose spans it has taken over, all of them. */
  heirOf?: string;
}

/** Has a coach that made all spans itself, or took them over, deliver what waits and end, and judges it: its ledger agrees with its log. */
export async function finish(
  scene: Scene,
  coach: Coach,
  databaseUrl: string,
  { trials = 1, mayDrop = false, heirOf }: FinishOptions = {},
): Promise<Ending> {
  await coach.drain();
  const stats = await coach.shutdown();
  assert.equal(await coach.ended(), 0, "the service did not end in order");
  const dropped = Object.values(stats.dropped).reduce((sum, spans) => sum + spans, 0);
  if (!mayDrop) assert.equal(dropped, 0, `spans were given up: ${JSON.stringify(stats.dropped)}`);

  const { dataDir = "", logFile } = coach.options;
  const log = readRunLogs([...(heirOf === undefined ? [] : [heirOf]), logFile]);
  const judgement = await scene.judge(
    { databaseUrl, ended: log.ended, dataDirs: [dataDir], dropped },
    trials,
  );
  requireAgreement(stats, judgement);
  assert.equal(judgement.waiting, 0, "spans still wait although the backend is well");
  assert.deepEqual(await wrongFigures(databaseUrl), [], "figures of traces are not the sums of their spans");
  return { stats, log, judgement };
}
