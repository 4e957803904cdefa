import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { botApi } from "./bot-api/bot-api.ts";
import { controlApi } from "./control/control-api.ts";
import { chatPage } from "./http/chat-page.ts";
import { loopbackGuard } from "./http/loopback-guard.ts";
import { type LocalTelegramLogger, SILENT_LOGGER } from "./logger.ts";
import { createTelegramState, type TelegramState } from "./telegram-state.ts";

export interface LocalTelegramOptions {
  /** 0 takes any free one. @default 8081 */
  port?: number;
  /** An address of this machine's loopback. @default "127.0.0.1" */
  host?: string;
  /** Bots with another token get 401. @default any well-formed token is let in */
  token?: string;
  /** @default "local_coach_bot" */
  botUsername?: string;
  /** The bot's name in the chat. @default "Sales Coach" */
  botName?: string;
  /** The user that the chat page opens as. @default 1 */
  firstUser?: number;
  /** How long a press of a button can be answered. @default 30_000 */
  callbackTimeoutMs?: number;
  /** Gets a line for each call of the Bot API, never with a token. @default none */
  logger?: LocalTelegramLogger;
}

export interface LocalTelegram {
  /** What a bot takes as its `apiRoot`, without a slash at the end. */
  url: string;
  /** The chat page. */
  chatUrl: string;
  port: number;
  /** Ends open requests and connections at once; idempotent. */
  close(): Promise<void>;
}

/** A well-formed token for a bot that runs against this server only. */
export const LOCAL_BOT_TOKEN = "1000000001:AAlocalTelegramNeedsNoSecretAnyToke";

/** The server cannot start as it is asked to; the message says what to change. */
export class LocalTelegramError extends Error {
  override readonly name = "LocalTelegramError";
}

const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/**
 * Starts a Telegram Bot API server with a chat page on this machine's loopback. It keeps everything in memory.
 *
 * @throws {LocalTelegramError} when the port is taken or an option is not acceptable
 */
export async function startLocalTelegram(options: LocalTelegramOptions = {}): Promise<LocalTelegram> {
  const {
    port = 8_081,
    host = "127.0.0.1",
    token,
    botUsername = "local_coach_bot",
    botName = "Sales Coach",
    firstUser = 1,
    callbackTimeoutMs = 30_000,
    logger = SILENT_LOGGER,
  } = options;
  checkOptions(port, host, firstUser);
  const state = createTelegramState({ username: botUsername, name: botName }, callbackTimeoutMs);
  const app = createApp({ state, token, firstUser, logger });
  const server = createServer(getRequestListener(app.fetch, { hostname: host }));
  const boundPort = await listen(server, port, host);
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${boundPort}`;
  let closing: Promise<void> | undefined;
  return {
    url,
    chatUrl: `${url}/`,
    port: boundPort,
    close: () => {
      closing ??= stop(server, state);
      return closing;
    },
  };
}

interface AppParts {
  state: TelegramState;
  token: string | undefined;
  firstUser: number;
  logger: LocalTelegramLogger;
}

function createApp({ state, token, firstUser, logger }: AppParts): Hono {
  const app = new Hono();
  app.use(loopbackGuard());
  app.route("/local", controlApi(state, firstUser));
  app.route("/", chatPage());
  app.route("/", botApi({ state, token, logger }));
  app.notFound((c) => c.json({ ok: false, error_code: 404, description: "Not Found" }, 404));
  app.onError((error, c) => {
    logger.error(`A request failed: ${error.stack ?? error.message}`);
    return c.json({ ok: false, error_code: 500, description: "Internal Server Error" }, 500);
  });
  return app;
}

function checkOptions(port: number, host: string, firstUser: number): void {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new LocalTelegramError(
      `The port is ${port}; accepted are whole numbers from 0 (any free one) to 65535.`,
    );
  }
  if (!LOOPBACK_HOST.test(host)) {
    throw new LocalTelegramError(
      `The host is ${JSON.stringify(host)}; local Telegram lets anybody in, so it listens on 127.0.0.1, ::1 or localhost only.`,
    );
  }
  if (!Number.isSafeInteger(firstUser) || firstUser < 1) {
    throw new LocalTelegramError(`The first user is ${firstUser}; a user id is a whole number from 1 on.`);
  }
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, host, resolve);
  try {
    await promise;
  } catch (cause) {
    throw toStartError(cause, port, host);
  }
  server.removeListener("error", reject);
  const address = server.address();
  return typeof address === "object" && address ? address.port : port;
}

function toStartError(cause: unknown, port: number, host: string): LocalTelegramError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const cure = "set LOCAL_TELEGRAM_PORT to another port (0 takes any free one)";
  if (code === "EADDRINUSE") {
    return new LocalTelegramError(`Port ${port} on ${host} is in use: stop what listens there, or ${cure}.`, {
      cause,
    });
  }
  return new LocalTelegramError(
    `Port ${port} on ${host} cannot be used (${code ?? "unknown reason"}): ${cure}.`,
    { cause },
  );
}

async function stop(server: Server, state: TelegramState): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  state.chats.close();
  await promise;
}
