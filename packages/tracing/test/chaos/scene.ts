import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CollectorStats } from "../../src/collector/stats.ts";
import { createInsForgeMigrationTarget } from "../../src/insforge/index.ts";
import { migrate } from "../../src/store/migrator.ts";
import {
  type InsForgeServer,
  type InsForgeServerOptions,
  startInsForge,
} from "../support/insforge-server.ts";
import type { PostgresServer } from "../support/postgres-server.ts";
import { type Program, type ProgramOptions, startProgram } from "../support/program.ts";
import { migrateDatabase } from "../support/stored-figures.ts";
import { openTcpGate, type TcpGate } from "../support/tcp-gate.ts";
import { type Coach, type CoachOptions, type LaunchOptions, startCoach } from "./coach.ts";
import { type JudgedBy, type Judgement, judge, type Tally } from "./judge.ts";
import { readRunLogs } from "./run-log.ts";

export interface SceneOptions {
  postgres: PostgresServer;
  trials: number;
  /** Whether there is time for long outages and large numbers. */
  full: boolean;
  random: () => number;
}

/** What the process says that delivered what dead ones had left. */
export interface LeftDelivered {
  stats: CollectorStats;
  warnings: string[];
}

/** What a fault is played with: everything it starts ends with it. */
export class Scene implements AsyncDisposable {
  readonly trials: number;
  /** Whether there is time for long outages and large numbers. */
  readonly full: boolean;
  /** From 0 to 1; the same for the same seed. */
  readonly random: () => number;
  readonly #postgres: PostgresServer;
  readonly #tally: Tally = { ended: 0, stored: 0, duplicates: 0, counted: 0, lost: 0 };
  readonly #ends = new AsyncDisposableStack();
  #judged = 0;

  constructor({ postgres, trials, full, random }: SceneOptions) {
    this.#postgres = postgres;
    this.trials = trials;
    this.full = full;
    this.random = random;
  }

  /** The sums of all that was judged. */
  get tally(): Readonly<Tally> {
    return this.#tally;
  }

  /** How often something was judged. */
  get judged(): number {
    return this.#judged;
  }

  /** A directory of its own. */
  dir(): string {
    const dir = mkdtempSync(join(tmpdir(), "chaos-"));
    this.#ends.defer(() => rmSync(dir, { recursive: true, force: true, maxRetries: 10 }));
    return dir;
  }

  /** A database of its own, with the schema in it unless told otherwise; resolves to its connection string. */
  async database({ migrated = true } = {}): Promise<string> {
    const databaseUrl = await this.#postgres.createDatabase();
    if (migrated) await migrateDatabase(databaseUrl);
    return databaseUrl;
  }

  /** A way to the database that can be blocked or shut. */
  async gate(databaseUrl: string): Promise<{ gate: TcpGate; databaseUrl: string }> {
    const url = new URL(databaseUrl);
    const gate = await openTcpGate({ host: "127.0.0.1", port: Number(url.port) });
    this.#ends.defer(() => gate.close());
    url.port = String(gate.port);
    return { gate, databaseUrl: url.href };
  }

  /** A stand-in for InsForge over a database of its own, with the schema in it unless told otherwise. */
  async insforge({
    migrated = true,
    ...options
  }: InsForgeServerOptions & { migrated?: boolean } = {}): Promise<InsForgeServer> {
    const databaseUrl = await this.#postgres.createDatabase();
    const server = await startInsForge({ databaseUrl, schemaCacheLagMs: 50, ...options });
    this.#ends.defer(() => server.stop());
    if (migrated)
      await migrate(await createInsForgeMigrationTarget({ baseUrl: server.url, apiKey: server.apiKey }));
    return server;
  }

  /** Starts `services/coach.ts`. */
  coach(options: CoachOptions, launch?: LaunchOptions): Coach {
    return this.#owned(startCoach(options, launch));
  }

  /** Starts a coach that makes no runs, has it deliver what dead ones have left, and shuts it down. */
  async deliverLeft(options: Omit<CoachOptions, "logFile" | "workers">): Promise<LeftDelivered> {
    const logFile = join(this.dir(), "heir.log");
    const heir = this.coach({ ...options, logFile, workers: 0 });
    await heir.started();
    await heir.drain();
    const stats = await heir.shutdown();
    assert.equal(await heir.ended(), 0);
    return { stats, warnings: readRunLogs([logFile]).warnings };
  }

  /** Starts a `.ts` source in a process of its own. */
  program(url: URL, args: readonly string[], options?: ProgramOptions): Program {
    return this.#owned(startProgram(url, args, options));
  }

  /** Has something end with the scene, in the reverse order. */
  defer(end: () => void | Promise<void>): void {
    this.#ends.defer(end);
  }

  /** Judges one trial, or several at once, and adds it to the fault's figures. */
  async judge(by: JudgedBy, trials = 1): Promise<Judgement> {
    const judgement = await judge(by);
    this.#judged += trials;
    for (const figure of ["ended", "stored", "duplicates", "counted", "lost"] as const)
      this.#tally[figure] += judgement[figure];
    return judgement;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ends.disposeAsync();
  }

  #owned<T extends Program>(program: T): T {
    this.#ends.defer(() => program.kill());
    return program;
  }
}
