import { openStore, startTracing } from "@app/tracing";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { createAgents, type NoteStore } from "./agents/index.ts";
import { ALLOWED_UPDATES, type BotAddress, createBot } from "./bot.ts";
import { type Config, ConfigError, type TelegramConfig } from "./config.ts";
import { loadContent } from "./content/index.ts";
import type { Dependencies } from "./handlers/context.ts";
import { introduce, takeAbandonedChats } from "./handlers/introduce.ts";
import type { SessionData } from "./handlers/session.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { createModel } from "./llm/create-model.ts";
import type { Logger } from "./logger.ts";
import { CONTENT_DIR, PIPELINES_DIR } from "./package-files.ts";
import { loadPipelines, PipelineRunner } from "./pipelines/index.ts";
import { BackgroundWork } from "./runs/background-work.ts";
import { RunRegistry, RunStoppedError } from "./runs/run-registry.ts";
import { Slots } from "./runs/slots.ts";
import { BotRecords } from "./storage/bot-records.ts";
import { prepareSchemas } from "./storage/bot-schema.ts";
import { SessionStorage } from "./storage/session-storage.ts";
import { UpdateLog } from "./storage/update-log.ts";
import { downloadVoice } from "./telegram/download-voice.ts";
import { FloodGate } from "./telegram/flood-gate.ts";
import { createPolling } from "./telegram/polling.ts";
import { createAssemblyAiTranscriber } from "./voice/assemblyai-transcriber.ts";

/** How the 8 s that stopping may take are shared out; the collector's are those of its last delivery, the rest is for sessions. */
const HANDLERS_FINISH_MS = 3_000;
const APOLOGIES_MS = 1_500;
const BACKGROUND_MS = 1_000;
const COLLECTOR_MS = 1_500;

const TURNS_PER_MINUTE = 20;
/** Recordings of up to 20 MB that are in memory at the same time. */
const MAX_LISTENING = 8;

const RESTARTING = "I am being restarted and had to stop. Send it again in a minute; nothing else is lost.";

/**
 * Starts the bot, part by part: the client, the trace collector, then updates. The lifecycle stops them the other way
 * round: updates, handlers, background work, collector, client.
 *
 * @throws {ContentError | PipelineError} when the bot's own files are not right, before anything is started.
 */
export async function startBot(config: Config, logger: Logger, lifecycle: Lifecycle): Promise<void> {
  const startedAt = new Date();
  const content = loadContent(CONTENT_DIR);
  const model = await createModel(config.model, {
    onRetry: ({ error, ...retry }) => logger.debug({ err: error, ...retry }, "The model is asked again"),
  });
  const notes: NoteStore = {
    read: (userId) => records.readNotes(userId),
    write: (userId, kept) => records.writeNotes(userId, kept),
  };
  const agents = createAgents({ model, plays: content.plays, notes });
  const pipelines = loadPipelines(PIPELINES_DIR, agents);

  const address = await startTelegram(config.telegram, lifecycle);
  const store = await lifecycle.part("database client", {
    start: () => openStore({ dataDir: tracingDataDir(config) }),
    stop: (opened) => opened.close(),
  });
  const records = new BotRecords(store.client);
  const sessions = new SessionStorage<SessionData>(records, logger);
  const updates = new UpdateLog(records, logger);
  const preparing = new AbortController();
  await lifecycle.part("records", {
    start: () => prepareSchemas(store, logger, preparing.signal),
    stop: () => {
      preparing.abort();
      return Promise.all([sessions.close(), updates.close()]);
    },
  });
  const tracing = await lifecycle.part("trace collector", {
    start: () =>
      startTracing({
        serviceName: process.env.OTEL_SERVICE_NAME ?? "sales-coach",
        store,
        dataDir: tracingDataDir(config),
        collector: { shutdownTimeoutMs: COLLECTOR_MS },
        logger: toTracingLogger(logger),
      }),
    stop: (started) => started.shutdown(),
  });
  const runs = new RunRegistry();
  const background = new BackgroundWork();
  await lifecycle.part("background work", { stop: () => background.drain(BACKGROUND_MS) });

  const deps: Dependencies = {
    logger,
    content,
    runner: new PipelineRunner({
      pipelines,
      agents,
      onBackgroundError: (error, step) =>
        logger.warn({ err: error, ...step }, "A background step has failed"),
    }),
    runs,
    background,
    floodGate: new FloodGate(),
    limiter: new RateLimiterMemory({ points: TURNS_PER_MINUTE, duration: 60 }),
    records,
    sessions,
    updates,
    transcriber: config.transcription && createAssemblyAiTranscriber(config.transcription),
    listening: new Slots(MAX_LISTENING),
    downloadVoice: (fileId, signal) => downloadVoice({ api: bot.api, ...address, fileId, signal }),
    adminIds: config.adminIds,
    model,
    traceRepo: tracing.repo,
    tracing,
    store,
    pollingStatus: () => polling.status(),
    startedAt,
  };
  const bot = createBot(address, deps);
  const polling = createPolling(bot, { logger, allowedUpdates: ALLOWED_UPDATES });
  await lifecycle.part("handlers", {
    stop: async () => {
      if (await polling.drain(HANDLERS_FINISH_MS)) return;
      runs.stopAll(new RunStoppedError(RESTARTING));
      await polling.drain(APOLOGIES_MS);
    },
  });
  const abandoned = await takeAbandonedChats(records, logger);
  await lifecycle.patientPart("updates", { start: () => polling.start(), stop: () => polling.stop() });
  await introduce(bot.api, abandoned, logger);
}

/** Telegram, or a server on this machine that behaves like it, with a page to chat on. */
async function startTelegram(telegram: TelegramConfig, lifecycle: Lifecycle): Promise<BotAddress> {
  if (telegram.mode === "remote") return telegram;
  const { startLocalTelegram, LOCAL_BOT_TOKEN, LocalTelegramError } = await import("@app/local-telegram");
  const local = await lifecycle.part("local Telegram", {
    start: async () => {
      try {
        return await startLocalTelegram({ port: telegram.port });
      } catch (error) {
        throw error instanceof LocalTelegramError ? new ConfigError([error.message]) : error;
      }
    },
    stop: (server) => server.close(),
  });
  process.stdout.write(`Chat with the bot at ${local.chatUrl}\n`);
  return { token: LOCAL_BOT_TOKEN, apiRoot: local.url };
}

/** The library's own variable goes before the bot's. */
function tracingDataDir({ dataDir }: Config): string {
  return process.env.TRACING_DATA_DIR?.trim() || dataDir;
}

function toTracingLogger(logger: Logger) {
  return { info: (line: string) => logger.info(line), warn: (line: string) => logger.warn(line) };
}
