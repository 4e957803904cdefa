import type { RpcOptions } from "@app/tracing";
import { readMigrations, StoreError } from "@app/tracing";
import { InlineKeyboard } from "grammy";
import { MIGRATIONS_DIR } from "../../package-files.ts";
import type { BotContext, Dependencies } from "../context.ts";
import { createView, toData } from "./admin-command.ts";
import { type Health, type SchemaState, toHealthText } from "./health-view.ts";
import { explainStoreError } from "./store-trouble.ts";

/** An answer that takes longer is as good as none to somebody who looks whether the bot is well. */
const TIMEOUT_MS = 5_000;

/** `/admin health`: how each part is; a part that is not well says so and keeps none of the others from answering. */
export const health = createView(
  { name: "health", label: "Health", description: "how the bot, Telegram and the store are" },
  async (ctx) => ({
    text: toHealthText(await examine(ctx)),
    buttons: new InlineKeyboard().text("Refresh", toData("health")).text("Overview", toData("overview")),
  }),
);

async function examine({ deps, api, me }: BotContext): Promise<Health> {
  const [traces, records] = await Promise.all([
    examineSchema(deps, "tracing", newest(readMigrations())),
    examineSchema(deps, "bot", newest(readMigrations(MIGRATIONS_DIR))),
  ]);
  return {
    now: new Date(),
    startedAt: deps.startedAt,
    memoryBytes: process.memoryUsage.rss(),
    model: deps.model,
    runs: deps.runs.size,
    backgroundJobs: deps.background.size,
    telegram: {
      username: me.username,
      apiRoot: api.options?.apiRoot,
      polling: deps.pollingStatus(),
      leftOut: deps.floodGate.leftOut,
    },
    store: { kind: deps.store.kind, description: deps.store.description },
    schemas: { traces, records },
    delivery: deps.tracing.stats(),
  };
}

async function examineSchema(
  { store }: Dependencies,
  schema: NonNullable<RpcOptions["schema"]>,
  needed: number,
): Promise<SchemaState> {
  try {
    const version = await store.client.rpc("schema_version", {}, { schema, timeoutMs: TIMEOUT_MS });
    if (typeof version === "number") return { version, needed };
    const problem = "What answers there is not a store of this bot. Check its address.";
    return { trouble: "not-a-store", problem };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { trouble: error.kind, problem: explainStoreError(error, store.kind) };
  }
}

function newest(migrations: readonly { version: number }[]): number {
  return migrations.at(-1)?.version ?? 0;
}
