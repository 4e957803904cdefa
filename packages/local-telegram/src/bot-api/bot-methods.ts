import { z } from "zod";
import { MAX_DOWNLOAD_BYTES } from "../chat/file-store.ts";
import { ApiError, badRequest } from "./api-error.ts";
import {
  answerCallbackQuery,
  deleteMessage,
  editMessageReplyMarkup,
  editMessageText,
  sendChatAction,
  sendMessage,
} from "./message-methods.ts";
import type { MethodCall } from "./method-call.ts";
import type { Parameters } from "./parameters.ts";

const CONFLICT =
  "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
const MAX_UPDATES = 100;
const MAX_POLL_SECONDS = 50;
const MAX_COMMANDS = 100;

const commandSchema = z.object({
  command: z.string().regex(/^\/?[a-z0-9_]{1,32}$/),
  description: z.string().min(1).max(256),
});
const scopeSchema = z.looseObject({ type: z.string(), chat_id: z.coerce.number().optional() });

/** Every method that is served; names are matched without regard to case, as Telegram does. */
export const BOT_METHODS: Readonly<Record<string, (call: MethodCall) => unknown>> = {
  getMe,
  getUpdates,
  sendMessage,
  editMessageText,
  editMessageReplyMarkup,
  answerCallbackQuery,
  deleteMessage,
  sendChatAction,
  setMyCommands,
  getMyCommands,
  deleteMyCommands,
  getFile,
  deleteWebhook,
  getWebhookInfo,
};

const BY_LOWER_CASE = new Map(Object.keys(BOT_METHODS).map((name) => [name.toLowerCase(), name]));

/** The name as it is written in the documentation; undefined for a method that is not served. */
export function toMethodName(name: string): string | undefined {
  return BY_LOWER_CASE.get(name.toLowerCase());
}

function getMe({ bot }: MethodCall) {
  return {
    ...bot,
    can_join_groups: false,
    can_read_all_group_messages: false,
    supports_inline_queries: false,
    can_connect_to_business: false,
    has_main_web_app: false,
    has_topics_enabled: false,
    allows_users_to_create_topics: false,
    can_manage_bots: false,
    supports_join_request_queries: false,
  };
}

async function getUpdates({ state, parameters, signal }: MethodCall) {
  const limit = parameters.integer("limit") ?? MAX_UPDATES;
  const timeoutS = parameters.integer("timeout") ?? 0;
  const result = await state.updates.poll({
    offset: parameters.integer("offset") ?? 0,
    limit: limit >= 1 && limit <= MAX_UPDATES ? limit : MAX_UPDATES,
    timeoutMs: Math.min(Math.max(timeoutS, 0), MAX_POLL_SECONDS) * 1_000,
    allowedUpdates: parameters.json("allowed_updates", z.array(z.string()), "can't parse allowed_updates"),
    signal,
  });
  if (result.outcome === "conflict") throw new ApiError(409, CONFLICT);
  return result.updates;
}

function setMyCommands({ state, parameters }: MethodCall): true {
  const commands = parameters.json("commands", z.array(commandSchema), "BOT_COMMAND_INVALID");
  if (!commands) throw badRequest('parameter "commands" is required');
  if (commands.length > MAX_COMMANDS) throw badRequest("BOT_COMMANDS_TOO_MUCH");
  const named = commands.map(({ command, description }) => ({
    command: command.replace("/", ""),
    description,
  }));
  state.commands.set(readScope(parameters), parameters.text("language_code") ?? "", named);
  state.chats.touchAll();
  return true;
}

function getMyCommands({ state, parameters }: MethodCall) {
  return state.commands.get(readScope(parameters), parameters.text("language_code") ?? "");
}

function deleteMyCommands({ state, parameters }: MethodCall): true {
  state.commands.delete(readScope(parameters), parameters.text("language_code") ?? "");
  state.chats.touchAll();
  return true;
}

function readScope(parameters: Parameters) {
  const scope = parameters.json("scope", scopeSchema, "can't parse BotCommandScope JSON object");
  return { type: scope?.type ?? "default", ...(scope?.chat_id !== undefined && { chat_id: scope.chat_id }) };
}

function getFile({ state, parameters }: MethodCall) {
  const file = state.files.withId(parameters.text("file_id") ?? "");
  if (!file) throw badRequest("wrong file_id or the file is temporarily unavailable");
  const { fileId: file_id, uniqueId: file_unique_id, size: file_size, path: file_path } = file;
  if ((file_size ?? 0) > MAX_DOWNLOAD_BYTES) throw badRequest("file is too big");
  return { file_id, file_unique_id, file_size, file_path };
}

function deleteWebhook({ state, parameters }: MethodCall): true {
  if (parameters.boolean("drop_pending_updates")) state.updates.clear();
  return true;
}

function getWebhookInfo({ state }: MethodCall) {
  return { url: "", has_custom_certificate: false, pending_update_count: state.updates.size };
}
