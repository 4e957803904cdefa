import { join } from "node:path";
import type { InsForgeServer } from "../support/insforge-server.ts";
import type { Coach, CoachOptions, LaunchOptions } from "./coach.ts";
import type { Scene } from "./scene.ts";

/** Starts a coach whose runs are all short and come steadily; its directory is one of its own unless told otherwise. */
export function steadyCoach(scene: Scene, options: Partial<CoachOptions>, launch?: LaunchOptions): Coach {
  const steady: CoachOptions = {
    dataDir: scene.dir(),
    logFile: join(scene.dir(), "runs.log"),
    workers: 4,
    pauseMs: 40,
    maxRuns: Number.MAX_SAFE_INTEGER,
  };
  // Few batches, each of several runs, so that the database has little to do.
  const collector = { lingerMs: 150, ...options.collector };
  return scene.coach({ ...steady, ...options, collector }, launch);
}

/** The options of somebody who stores in this InsForge. */
export function storeIn({ url, apiKey }: InsForgeServer): Pick<CoachOptions, "insforge"> {
  return { insforge: { baseUrl: url, apiKey } };
}
