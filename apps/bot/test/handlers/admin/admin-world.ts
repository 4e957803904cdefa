import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type OpenStore, startTracing, type Tracing } from "@app/tracing";
import { type Api, Bot, type Middleware } from "grammy";
import type { InlineKeyboardButton, Message, Update } from "grammy/types";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { createAgents } from "../../../src/agents/index.ts";
import { type BotAddress, createBot } from "../../../src/bot.ts";
import { loadContent } from "../../../src/content/index.ts";
import type { BotContext, Dependencies } from "../../../src/handlers/context.ts";
import type { SessionData } from "../../../src/handlers/session.ts";
import type { LanguageModel } from "../../../src/llm/language-model.ts";
import { createOfflineModel } from "../../../src/llm/offline/index.ts";
import { CONTENT_DIR, PIPELINES_DIR } from "../../../src/package-files.ts";
import { loadPipelines, PipelineRunner } from "../../../src/pipelines/index.ts";
import { BackgroundWork } from "../../../src/runs/background-work.ts";
import { RunRegistry } from "../../../src/runs/run-registry.ts";
import { Slots } from "../../../src/runs/slots.ts";
import { BotRecords } from "../../../src/storage/bot-records.ts";
import { prepareSchemas } from "../../../src/storage/bot-schema.ts";
import { SessionStorage } from "../../../src/storage/session-storage.ts";
import { UpdateLog } from "../../../src/storage/update-log.ts";
import { FloodGate } from "../../../src/telegram/flood-gate.ts";
import type { PollingStatus } from "../../../src/telegram/polling.ts";
import { BotApiServer, type BotMessage } from "../../support/bot-api-server.ts";
import { recordLog } from "../../support/log-lines.ts";
import { type OpenedStore, STORES } from "../../support/stores.ts";

export const ADMIN = 1;
export const STRANGER = 2;

export interface WorldOptions {
  store?: OpenStore["kind"];
  model?: LanguageModel;
  /** In the place of the bot's own features. */
  features?: Middleware<BotContext>;
}

/** A message with its buttons by their labels. */
export interface SeenMessage extends BotMessage {
  buttons: Map<string, string>;
}

/** The real bot with its real parts, and a person or two who write to it. */
export class AdminWorld {
  readonly opened: OpenedStore;
  readonly tracing: Tracing;
  readonly deps: Dependencies;
  readonly server: BotApiServer;
  readonly log: ReturnType<typeof recordLog>;
  polling: PollingStatus = { state: "polling", lastPollAt: new Date(), since: new Date(), misshapen: 0 };
  readonly #bot: Bot<BotContext>;
  readonly #dataDir: string;
  #updateId = 1;

  static async start(options: WorldOptions = {}): Promise<AdminWorld> {
    const { store = "postgres", model = createOfflineModel(), features } = options;
    const opened = await STORES[store]();
    const log = recordLog();
    await prepareSchemas(opened.store, log.logger, new AbortController().signal);
    const dataDir = await mkdtemp(join(tmpdir(), "admin-world-"));
    const tracing = await startTracing({
      serviceName: "bot",
      store: opened.store,
      dataDir,
      otlp: false,
      collector: { shutdownTimeoutMs: 100 },
      logger: { info: () => undefined, warn: (line) => log.logger.warn(line) },
    });
    const server = await BotApiServer.start();
    const world = new AdminWorld(opened, tracing, server, log, dataDir, { model, features });
    await world.#bot.init();
    return world;
  }

  private constructor(
    opened: OpenedStore,
    tracing: Tracing,
    server: BotApiServer,
    log: ReturnType<typeof recordLog>,
    dataDir: string,
    { model, features }: { model: LanguageModel; features: Middleware<BotContext> | undefined },
  ) {
    this.opened = opened;
    this.tracing = tracing;
    this.server = server;
    this.log = log;
    this.#dataDir = dataDir;
    this.deps = this.#createDependencies(model);
    const address = { token: server.token, apiRoot: server.url };
    this.#bot = features ? this.#createBotWith(features, address) : createBot(address, this.deps);
  }

  get api(): Api {
    return this.#bot.api;
  }

  /** Resolves with the last message that was sent or edited by it. */
  async send(text: string, userId = ADMIN): Promise<SeenMessage> {
    const [command = ""] = text.split(/\s/);
    const entities = text.startsWith("/")
      ? [{ type: "bot_command" as const, offset: 0, length: command.length }]
      : [];
    return this.sendFields({ text, entities }, userId);
  }

  /** A message of any kind. */
  async sendFields(fields: Partial<Message>, userId = ADMIN): Promise<SeenMessage> {
    const message = { message_id: this.#updateId, date: 1, ...personOf(userId), ...fields };
    return this.#handle({ update_id: this.#updateId++, message } as Update);
  }

  /** Presses the button with this label, or with this data, of a message. */
  async press(message: SeenMessage, label: string, userId = ADMIN): Promise<SeenMessage> {
    const data = message.buttons.get(label) ?? label;
    const { chat, from } = personOf(userId);
    return this.#handle({
      update_id: this.#updateId++,
      callback_query: {
        id: `press-${this.#updateId}`,
        from,
        chat_instance: "1",
        data,
        message: { message_id: message.messageId, date: 1, chat, text: message.text },
      },
    });
  }

  /** Every button that was ever sent. */
  allData(): string[] {
    return this.server.calls.flatMap(({ payload }) =>
      buttonsOf(payload.reply_markup).map(([, data]) => data),
    );
  }

  async stop(): Promise<void> {
    await this.tracing.shutdown();
    await this.opened.close();
    await this.server[Symbol.asyncDispose]();
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  async #handle(update: Update): Promise<SeenMessage> {
    const before = this.server.calls.length;
    await this.#bot.handleUpdate(update);
    const call = this.server.calls
      .slice(before)
      .findLast(({ method }) => method === "sendMessage" || method === "editMessageText");
    if (!call) throw new Error("The bot said nothing.");
    const message =
      call.method === "editMessageText"
        ? this.server.messages.find(({ messageId }) => messageId === call.payload.message_id)
        : this.server.messages.at(-1);
    if (!message) throw new Error("What the bot said is gone.");
    return { ...message, buttons: new Map(buttonsOf(message.replyMarkup)) };
  }

  #createBotWith(features: Middleware<BotContext>, { token, apiRoot }: BotAddress): Bot<BotContext> {
    const bot = new Bot<BotContext>(token, { client: { apiRoot } });
    bot.use((ctx, next) => {
      ctx.deps = this.deps;
      return next();
    }, features);
    return bot;
  }

  #createDependencies(model: LanguageModel): Dependencies {
    const { logger } = this.log;
    const { store } = this.opened;
    const records = new BotRecords(store.client);
    const content = loadContent(CONTENT_DIR);
    const notes = {
      read: (userId: string) => records.readNotes(userId),
      write: (userId: string, written: readonly string[]) => records.writeNotes(userId, written),
    };
    const agents = createAgents({ model, plays: content.plays, notes });
    return {
      logger,
      content,
      runner: new PipelineRunner({
        pipelines: loadPipelines(PIPELINES_DIR, agents),
        agents,
        onBackgroundError: (error) => logger.warn({ err: error }, "A background step has failed"),
      }),
      runs: new RunRegistry(),
      background: new BackgroundWork(),
      floodGate: new FloodGate(),
      limiter: new RateLimiterMemory({ points: 20, duration: 60 }),
      records,
      sessions: new SessionStorage<SessionData>(records, logger),
      updates: new UpdateLog(records, logger),
      transcriber: undefined,
      listening: new Slots(8),
      downloadVoice: async () => new Uint8Array(),
      model,
      adminIds: new Set([ADMIN]),
      traceRepo: this.tracing.repo,
      tracing: this.tracing,
      store,
      pollingStatus: () => this.polling,
      startedAt: new Date(),
    };
  }
}

function personOf(id: number) {
  return {
    chat: { id, type: "private" as const, first_name: "Ada" },
    from: { id, is_bot: false, first_name: "Ada" },
  };
}

function buttonsOf(replyMarkup: unknown): [label: string, data: string][] {
  const { inline_keyboard: rows = [] } = (replyMarkup ?? {}) as {
    inline_keyboard?: InlineKeyboardButton[][];
  };
  return rows
    .flat()
    .flatMap((button) => ("callback_data" in button ? [[button.text, button.callback_data]] : []));
}
