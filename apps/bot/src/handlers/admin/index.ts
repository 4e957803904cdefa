import { StoreError } from "@app/tracing";
import { Composer } from "grammy";
import type { BotContext } from "../context.ts";
import { show } from "../show.ts";
import { type AdminCommand, DATA } from "./admin-command.ts";
import { errors } from "./errors.ts";
import { health } from "./health.ts";
import { createOverview, toUnknownCommand } from "./overview.ts";
import { stats } from "./stats.ts";
import { toStoreTrouble } from "./store-trouble.ts";
import { createTestCommand, type TestCommandOptions } from "./test-command.ts";
import { score, trace } from "./trace.ts";
import { TracePages } from "./trace-pages.ts";
import { createTraces } from "./traces.ts";

export type AdminOptions = TestCommandOptions;

/**
 * `/admin`, for the ids in `adminIds`; updates of anybody else go on as if there were no such command. It needs no
 * session, so that it answers while the database is away.
 */
export function createAdmin(options: AdminOptions = {}): Composer<BotContext> {
  const commands: AdminCommand[] = [
    health,
    createTraces(new TracePages()),
    trace,
    score,
    errors,
    stats,
    createTestCommand(options),
  ];
  const overview = createOverview(commands);
  const byName = new Map([overview, ...commands].map((command) => [command.name, command]));

  const composer = new Composer<BotContext>();
  const admins = composer.filter((ctx) => ctx.from !== undefined && ctx.deps.adminIds.has(ctx.from.id));

  admins.command("admin", async (ctx) => {
    const [, name = "", argument = ""] = /^\s*(\S*)\s*([\s\S]*?)\s*$/.exec(ctx.match) ?? [];
    const command = name === "" ? overview : byName.get(name.toLowerCase());
    if (!command) return show(ctx, toUnknownCommand(name, commands));
    return answer(ctx, command, argument);
  });

  admins.callbackQuery(DATA, async (ctx, next) => {
    const [, name = "", argument = ""] = ctx.match;
    const command = byName.get(name);
    return command ? answer(ctx, command, argument) : next();
  });
  return composer;
}

async function answer(ctx: BotContext, command: AdminCommand, argument: string): Promise<void> {
  try {
    await command.run(ctx, argument);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    ctx.deps.logger.warn({ err: error, command: command.name }, "The traces cannot be read");
    await show(ctx, toStoreTrouble(error, ctx.deps.store.kind));
  }
}

/** The bot's own. */
export const admin = createAdmin();
