import { existsSync } from "node:fs";
import { type BotProcess, createBotProcess } from "./bot-process.ts";
import { ConfigError, readConfig } from "./config.ts";
import { ContentError } from "./content/index.ts";
import { createLogger } from "./logger.ts";
import { PipelineError } from "./pipelines/index.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

if (existsSync(".env")) process.loadEnvFile(".env");
await main();

async function main(): Promise<void> {
  let bot: BotProcess;
  try {
    const config = readConfig(process.env);
    bot = createBotProcess(config, createLogger({ level: config.logLevel, secrets: config.secrets }));
  } catch (error) {
    if (!isUsage(error)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = EXIT_USAGE;
    return;
  }
  stopOnSignals(bot);
  try {
    await bot.service.start();
  } catch (error) {
    bot.logger.fatal({ err: error }, "The bot cannot start");
    process.exitCode = EXIT_FAILED;
  }
}

function isUsage(error: unknown): error is Error {
  return error instanceof ConfigError || error instanceof ContentError || error instanceof PipelineError;
}

/** The first signal stops in order, the second at once. */
function stopOnSignals({ service, logger }: BotProcess): void {
  let signals = 0;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, async () => {
      signals += 1;
      if (signals > 1) process.exit(EXIT_FAILED);
      logger.info({ signal }, "Stopping; once more stops at once");
      process.exit((await service.stop()) ? 0 : EXIT_FAILED);
    });
  }
}
