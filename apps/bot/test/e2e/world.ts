import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalTelegram, startLocalTelegram } from "@app/local-telegram";
import { type OpenStore, openStore } from "@app/tracing";
import { onTestFinished } from "vitest";
import {
  type InsForgeServer,
  startInsForge,
} from "../../../../packages/tracing/test/support/insforge-server.ts";
import { AssemblyAiServer, type TranscriptionOutcome } from "../support/assemblyai-server.ts";
import { type BotProcess, spawnBot } from "../support/bot-process.ts";
import { ChatUser } from "../support/chat-user.ts";
import { type ModelDecision, type ModelServer, startModelServer } from "../support/model-server.ts";

/** Everything the bot talks to, each in a real form on this machine, and keys that must show up nowhere. */
export interface World {
  telegram: LocalTelegram;
  insforge: InsForgeServer;
  model: ModelServer;
  assemblyai: AssemblyAiServer;
  /** Reads what the bot has stored, past the bot. */
  store: OpenStore;
  dataDir: string;
  secrets: Readonly<Record<"telegram" | "model" | "assemblyai" | "insforge", string>>;
  user(id: number): ChatUser;
  /** Starts the bot, and resolves once it polls. */
  startBot(env?: Record<string, string>): Promise<BotProcess>;
  close(): Promise<void>;
}

export const ADMIN = 900;

export interface WorldOptions {
  /** What the model does with requests that nothing is enqueued for. */
  decide?: ModelDecision;
  /** What a recording becomes. */
  hear?: (recording: Buffer) => TranscriptionOutcome;
  /** An empty database. @default one in a PostgreSQL of its own, whose start takes seconds */
  databaseUrl?: string | undefined;
}

export async function createWorld({ decide, hear, databaseUrl }: WorldOptions = {}): Promise<World> {
  const secrets = {
    telegram: "7000000001:AAEnd2EndTokenThatNobodyMaySee0000000",
    model: "sk-or-v1-end2end-model-key-that-nobody-may-see",
    assemblyai: "",
    insforge: "",
  };
  const [telegram, insforge, model, assemblyai] = await Promise.all([
    startLocalTelegram({ port: 0, token: secrets.telegram }),
    startInsForge(databaseUrl === undefined ? {} : { databaseUrl }),
    startModelServer(decide),
    AssemblyAiServer.start(hear),
  ]);
  secrets.insforge = insforge.apiKey;
  secrets.assemblyai = assemblyai.apiKey;
  const store = await openStore({ insforge: { baseUrl: insforge.url, apiKey: insforge.apiKey } }, {});
  const dataDir = mkdtempSync(join(tmpdir(), "bot-e2e-"));
  const bots: BotProcess[] = [];

  return {
    telegram,
    insforge,
    model,
    assemblyai,
    store,
    dataDir,
    secrets,
    user: (id) => new ChatUser(telegram.url, id),
    async startBot(env = {}) {
      const bot = spawnBot(
        {
          TELEGRAM_BOT_TOKEN: secrets.telegram,
          TELEGRAM_API_ROOT: telegram.url,
          ADMIN_IDS: String(ADMIN),
          INSFORGE_BASE_URL: insforge.url,
          INSFORGE_API_KEY: insforge.apiKey,
          OPENROUTER_API_KEY: secrets.model,
          OPENROUTER_BASE_URL: model.url,
          ASSEMBLYAI_API_KEY: secrets.assemblyai,
          ASSEMBLYAI_BASE_URL: assemblyai.url,
          DATA_DIR: dataDir,
          LOG_LEVEL: "debug",
          ...env,
        },
        dataDir,
      );
      bots.push(bot);
      await bot.logged("Started: updates");
      return bot;
    },
    async close() {
      await Promise.all(bots.map((bot) => bot.end("SIGKILL")));
      await store.close();
      await Promise.all([
        telegram.close(),
        insforge.stop(),
        model.close(),
        assemblyai[Symbol.asyncDispose](),
      ]);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A world for one test. */
export async function createTestWorld(options: WorldOptions = {}): Promise<World> {
  const world = await createWorld(options);
  onTestFinished(() => world.close());
  return world;
}
