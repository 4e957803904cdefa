import type { Api } from "grammy";
import { withoutRetries } from "./api-retries.ts";

/** Telegram shows it for five seconds. */
const INTERVAL_MS = 4_000;

/** Shows that the bot is typing, until it is disposed of; that it cannot be shown is no matter. */
export function showTyping(api: Api, chatId: number, intervalMs = INTERVAL_MS): Disposable {
  const stop = new AbortController();
  const type = () =>
    api.sendChatAction(chatId, "typing", {}, withoutRetries(stop.signal)).catch(() => undefined);
  void type();
  const timer = setInterval(type, intervalMs).unref();
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      stop.abort();
    },
  };
}
