export type { LocalTelegramLogger } from "./logger.ts";
export {
  LOCAL_BOT_TOKEN,
  type LocalTelegram,
  LocalTelegramError,
  type LocalTelegramOptions,
  startLocalTelegram,
} from "./start-local-telegram.ts";
