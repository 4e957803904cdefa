import { resolve } from "node:path";
import { z } from "zod";
import type { ModelConfig } from "./llm/create-model.ts";

/** Everything the environment decides, checked. */
export interface Config {
  telegram: TelegramConfig;
  adminIds: ReadonlySet<number>;
  model: ModelConfig;
  transcription: { apiKey: string; baseUrl?: string | undefined } | undefined;
  dataDir: string;
  logLevel: string;
  /** Keys and tokens, for whoever must keep them out of what it writes. */
  secrets: string[];
}

export type TelegramConfig =
  /** The Bot API of `packages/local-telegram`, started by the bot itself. */
  { mode: "local"; port: number } | { mode: "remote"; token: string; apiRoot: string };

/** The environment is not acceptable; the message has a line for each variable. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is not right:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

const LOCAL_ADMIN = 1;
const DEFAULT_LOCAL_PORT = 8_081;
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

const url = z.url({ protocol: /^https?$/, error: "an address that begins with http:// or https://" });
const secret = z.string().regex(/^\S{6,}$/, "a key of at least 6 characters without spaces");
const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `a whole number from ${min} to ${max}`);

const environmentSchema = z.object({
  TELEGRAM_BOT_TOKEN: z
    .string()
    .regex(
      /^\d{3,}:[\w-]{20,}$/,
      "a token from @BotFather, such as 123456789:AA... (digits, a colon, letters)",
    )
    .optional(),
  TELEGRAM_API_ROOT: url.default("https://api.telegram.org"),
  ADMIN_IDS: z
    .string()
    .regex(/^\s*\d{1,15}(\s*,\s*\d{1,15})*\s*$/, "Telegram user ids separated by commas, such as 42,99")
    .transform((text) => text.split(",").map(Number))
    .optional(),
  INSFORGE_BASE_URL: url.optional(),
  INSFORGE_API_KEY: secret.optional(),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: "an address that begins with postgres://" })
    .optional(),
  LLM_PROVIDER: z.enum(["openrouter", "anthropic", "offline"], "openrouter, anthropic or offline").optional(),
  LLM_MODEL: z.string().regex(/^\S+$/, "the name of a model, without spaces").optional(),
  LLM_TIMEOUT_MS: wholeNumber(100, 600_000).optional(),
  OPENROUTER_API_KEY: secret.optional(),
  OPENROUTER_BASE_URL: url.optional(),
  ANTHROPIC_API_KEY: secret.optional(),
  ANTHROPIC_BASE_URL: url.optional(),
  ASSEMBLYAI_API_KEY: secret.optional(),
  ASSEMBLYAI_BASE_URL: url.optional(),
  DATA_DIR: z.string().default("./.data"),
  LOCAL_TELEGRAM_PORT: wholeNumber(0, 65_535).default(DEFAULT_LOCAL_PORT),
  LOG_LEVEL: z.enum(LOG_LEVELS, LOG_LEVELS.join(", ")).default("info"),
});

type Environment = z.infer<typeof environmentSchema>;

/** Variables whose value is never repeated. */
const SECRET = /TOKEN|KEY|DATABASE_URL/;

/**
 * Reads the configuration; an empty variable counts as unset, as a line `NAME=` in a `.env` file does.
 *
 * @throws {ConfigError} naming every variable that is wrong or missing, and what is expected.
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(
    Object.keys(environmentSchema.shape).flatMap((name) => {
      const value = env[name]?.trim();
      return value ? [[name, value]] : [];
    }),
  );
  const parsed = environmentSchema.safeParse(given);
  const mistakes = (parsed.error?.issues ?? []).map(({ path, message }) => {
    const name = String(path[0]);
    const received = SECRET.test(name) ? "is not acceptable" : `is "${given[name]}"`;
    return `${name} ${received}; expected: ${message}.`;
  });
  const problems = [...mistakes, ...findMissing(given)];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return toConfig(parsed.data);
}

/** What other variables make necessary. */
function findMissing(given: Readonly<Record<string, string>>): string[] {
  const needed = [
    {
      name: "INSFORGE_API_KEY",
      when: given.INSFORGE_BASE_URL,
      because: "INSFORGE_BASE_URL is set, and InsForge needs both",
    },
    {
      name: "INSFORGE_BASE_URL",
      when: given.INSFORGE_API_KEY,
      because: "INSFORGE_API_KEY is set, and InsForge needs both",
    },
    {
      name: "OPENROUTER_API_KEY",
      when: given.LLM_PROVIDER === "openrouter",
      because: "LLM_PROVIDER is openrouter",
    },
    {
      name: "ANTHROPIC_API_KEY",
      when: given.LLM_PROVIDER === "anthropic",
      because: "LLM_PROVIDER is anthropic",
    },
  ];
  return needed
    .filter(({ name, when }) => when && !given[name])
    .map(({ name, because }) => `${name} is missing; ${because}.`);
}

function toConfig(env: Environment): Config {
  const { TELEGRAM_BOT_TOKEN: token } = env;
  return {
    telegram: token
      ? { mode: "remote", token, apiRoot: env.TELEGRAM_API_ROOT.replace(/\/+$/, "") }
      : { mode: "local", port: env.LOCAL_TELEGRAM_PORT },
    adminIds: new Set(env.ADMIN_IDS ?? (token ? [] : [LOCAL_ADMIN])),
    model: toModelConfig(env),
    transcription: env.ASSEMBLYAI_API_KEY
      ? { apiKey: env.ASSEMBLYAI_API_KEY, baseUrl: env.ASSEMBLYAI_BASE_URL }
      : undefined,
    dataDir: resolve(env.DATA_DIR),
    logLevel: env.LOG_LEVEL,
    secrets: [
      token,
      env.INSFORGE_API_KEY,
      env.OPENROUTER_API_KEY,
      env.ANTHROPIC_API_KEY,
      env.ASSEMBLYAI_API_KEY,
    ]
      .concat(passwordOf(env.DATABASE_URL))
      .filter((value) => value !== undefined),
  };
}

function toModelConfig(env: Environment): ModelConfig {
  const provider =
    env.LLM_PROVIDER ??
    (env.OPENROUTER_API_KEY ? "openrouter" : env.ANTHROPIC_API_KEY ? "anthropic" : "offline");
  const common = { model: env.LLM_MODEL, timeoutMs: env.LLM_TIMEOUT_MS };
  switch (provider) {
    case "openrouter":
      return { provider, apiKey: env.OPENROUTER_API_KEY ?? "", baseUrl: env.OPENROUTER_BASE_URL, ...common };
    case "anthropic":
      return { provider, apiKey: env.ANTHROPIC_API_KEY ?? "", baseUrl: env.ANTHROPIC_BASE_URL, ...common };
    case "offline":
      return { provider };
  }
}

function passwordOf(databaseUrl: string | undefined): string | undefined {
  const password = databaseUrl && new URL(databaseUrl).password;
  return password ? decodeURIComponent(password) : undefined;
}
