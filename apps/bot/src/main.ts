import { existsSync } from "node:fs";
import { ConfigError, readConfig } from "./config.ts";
import { ContentError } from "./content/index.ts";
import { Lifecycle, StartGivenUpError } from "./lifecycle.ts";
import { createLogger } from "./logger.ts";
import { PipelineError } from "./pipelines/index.ts";
import { startBot } from "./start-bot.ts";
import { BotTokenError } from "./telegram/polling.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

if (existsSync(".env")) process.loadEnvFile(".env");
await main();

async function main(): Promise<void> {
  try {
    const config = readConfig(process.env);
    const logger = createLogger({ level: config.logLevel, secrets: config.secrets });
    const lifecycle = new Lifecycle({ logger });
    // Node would print the error as it is, and those of Telegram's client have the token in them.
    process.on("uncaughtException", (error) => {
      logger.fatal({ err: error }, "The bot ends by a failure that nothing expected");
      process.exit(EXIT_FAILED);
    });
    stopOnSignals((signal) => {
      logger.info({ signal }, "Stopping; a second signal stops at once");
      return lifecycle.stop();
    });
    try {
      await startBot(config, logger, lifecycle);
    } catch (error) {
      if (error instanceof StartGivenUpError) return;
      if (!isUsage(error)) logger.fatal({ err: error }, "The bot cannot start");
      await lifecycle.stop();
      throw error;
    }
  } catch (error) {
    if (isUsage(error)) process.stderr.write(`${error.message}\n`);
    process.exit(isUsage(error) ? EXIT_USAGE : EXIT_FAILED);
  }
}

/** What the operator has to mend in the environment or in the bot's files. */
function isUsage(error: unknown): error is Error {
  const kinds = [BotTokenError, ConfigError, ContentError, PipelineError];
  return kinds.some((kind) => error instanceof kind);
}

function stopOnSignals(stop: (signal: string) => Promise<boolean>): void {
  let signals = 0;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, async () => {
      signals += 1;
      if (signals > 1) process.exit(EXIT_FAILED);
      process.exit((await stop(signal)) ? 0 : EXIT_FAILED);
    });
  }
}
