/** What the server writes its log to; pino and `console` are such loggers. Tokens never come by here. */
export interface LocalTelegramLogger {
  debug(message: string): void;
  error(message: string): void;
}

export const SILENT_LOGGER: LocalTelegramLogger = {
  debug: () => undefined,
  error: () => undefined,
};
