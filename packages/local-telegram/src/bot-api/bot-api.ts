import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Fault } from "../chat/faults.ts";
import type { UserProfile } from "../chat/message.ts";
import { BodyError, type Fields, readFields } from "../http/read-body.ts";
import type { LocalTelegramLogger } from "../logger.ts";
import type { TelegramState } from "../telegram-state.ts";
import { ApiError, badRequest } from "./api-error.ts";
import { BOT_METHODS, toMethodName } from "./bot-methods.ts";
import { Parameters } from "./parameters.ts";

export interface BotApiOptions {
  state: TelegramState;
  /** The only token that is let in; any well-formed one when it is left out. */
  token: string | undefined;
  logger: LocalTelegramLogger;
}

const TOKEN = /^(\d{1,16}):[\w-]{20,}$/;
const FAULT_TEXTS: Record<number, string> = {
  400: "Bad Request: the request was refused on purpose",
  401: "Unauthorized",
  403: "Forbidden: bot was blocked by the user",
  404: "Not Found",
  409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** The Bot API: `/bot<token>/<method>` and `/file/bot<token>/<path>`. The token is never logged or answered. */
export function botApi({ state, token: onlyToken, logger }: BotApiOptions): Hono {
  const app = new Hono();

  app.all("/:bot{bot[^/]+}/:method", async (c) => {
    const method = toMethodName(c.req.param("method"));
    try {
      const bot = authorize(c.req.param("bot"));
      if (!method) throw new ApiError(404, "Not Found: method not found");
      const result = await call(c, method, bot);
      logger.debug(`${method}: ok`);
      return c.json({ ok: true, result });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      logger.debug(`${method ?? "unknown method"}: ${error.status} ${error.message}`);
      return toResponse(c, error);
    }
  });

  app.get("/file/:bot{bot[^/]+}/:path{.+}", (c) => {
    try {
      authorize(c.req.param("bot"));
      const file = state.files.atPath(c.req.param("path"));
      if (!file?.content) throw new ApiError(404, "Not Found");
      const headers = { "Content-Type": "application/octet-stream" };
      if (file.content instanceof Uint8Array) return c.body(file.content, 200, headers);
      return c.body(file.content.open(), 200, { ...headers, ...file.content.headers });
    } catch (error) {
      if (error instanceof ApiError) return toResponse(c, error);
      throw error;
    }
  });

  return app;

  function authorize(segment: string): UserProfile {
    const token = segment.slice("bot".length);
    const id = TOKEN.exec(token)?.[1];
    if (id === undefined || (onlyToken !== undefined && token !== onlyToken)) {
      throw new ApiError(401, "Unauthorized");
    }
    return { id: Number(id), is_bot: true, first_name: state.bot.name, username: state.bot.username };
  }

  async function call(c: Context, method: string, bot: UserProfile): Promise<unknown> {
    const parameters = new Parameters(await readParameters(c));
    const fault = state.faults.take(method);
    if (fault) throw toApiError(fault);
    return BOT_METHODS[method]?.({ state, bot, parameters, signal: c.req.raw.signal });
  }
}

async function readParameters(c: Context): Promise<Fields> {
  try {
    return await readFields(c);
  } catch (error) {
    if (error instanceof BodyError) throw badRequest("can't parse the request body");
    throw error;
  }
}

function toApiError({ status, retryAfter, description }: Fault): ApiError {
  const text =
    status === 429
      ? `Too Many Requests: retry after ${retryAfter}`
      : (FAULT_TEXTS[status] ?? "Internal Server Error");
  return new ApiError(status, description ?? text, status === 429 ? retryAfter : undefined);
}

function toResponse(c: Context, error: ApiError): Response {
  return c.json(error.toJson(), error.status as ContentfulStatusCode);
}
