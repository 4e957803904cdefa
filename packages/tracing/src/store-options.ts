import { join, resolve } from "node:path";
import { invalidOption, TracingError } from "./core/errors.ts";
import type { InsForgeClientLike } from "./insforge/insforge-client.ts";

/** Where traces are stored. The first of these that is given decides; the environment is asked after the code. */
export interface StoreOptions {
  /** An InsForge project, by address and API key or by a client of its SDK. @default `INSFORGE_BASE_URL`, `INSFORGE_API_KEY` */
  insforge?: { baseUrl: string; apiKey: string } | { client: InsForgeClientLike };
  /** Connection string of a PostgreSQL 15 or later. @default `DATABASE_URL` */
  databaseUrl?: string;
  /**
   * Directory of the spool and of the embedded store, private to its user.
   * @default `TRACING_DATA_DIR`, else `DATA_DIR`, else `./.data`
   */
  dataDir?: string;
  /** Days after which traces are dropped. @default `TRACING_RETENTION_DAYS`, else kept for ever */
  retentionDays?: number;
}

export const STORE_OPTIONS = [
  "insforge",
  "databaseUrl",
  "dataDir",
  "retentionDays",
] as const satisfies readonly (keyof StoreOptions)[];

/** Which store, and what named it. */
export type StoreChoice =
  | {
      kind: "insforge";
      target: { baseUrl: string; apiKey: string } | { client: InsForgeClientLike };
      source: string;
    }
  | { kind: "postgres"; databaseUrl: string; source: string }
  | { kind: "embedded"; source: string };

export interface ResolvedStoreOptions {
  readonly store: StoreChoice;
  readonly dataDir: string;
  readonly embeddedDir: string;
  readonly spoolDir: string;
  readonly retentionDays: number | undefined;
}

/**
 * Settles code, then environment, then defaults. A key or connection string is never repeated in an error.
 *
 * @throws {TracingError} `invalid-option`, naming the option or variable, what it holds and what is accepted.
 */
export function resolveStoreOptions(
  options: StoreOptions,
  env: NodeJS.ProcessEnv = process.env,
): ResolvedStoreOptions {
  const dataDir = resolveDataDir(options, env);
  return Object.freeze({
    store: Object.freeze(chooseStore(options, env)),
    dataDir,
    embeddedDir: join(dataDir, "embedded"),
    spoolDir: join(dataDir, "spool"),
    retentionDays: resolveRetention(options, env),
  });
}

/** An empty variable counts as unset, as a line `NAME=` in a `.env` file does. */
export function given(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === "" ? undefined : trimmed;
}

function resolveDataDir({ dataDir }: StoreOptions, env: NodeJS.ProcessEnv): string {
  if (
    dataDir !== undefined &&
    (typeof dataDir !== "string" || dataDir.trim() === "" || dataDir.includes("\0"))
  ) {
    throw invalidOption("dataDir", dataDir, "the path of a directory");
  }
  return resolve(dataDir ?? given(env.TRACING_DATA_DIR) ?? given(env.DATA_DIR) ?? ".data");
}

function chooseStore(options: StoreOptions, env: NodeJS.ProcessEnv): StoreChoice {
  if (options.insforge !== undefined) return insforgeFromCode(options.insforge);
  if (options.databaseUrl !== undefined) return postgres("databaseUrl", options.databaseUrl);
  const baseUrl = given(env.INSFORGE_BASE_URL);
  const apiKey = given(env.INSFORGE_API_KEY);
  if (baseUrl && apiKey) {
    requireUrl("INSFORGE_BASE_URL", baseUrl, ["http:", "https:"]);
    return { kind: "insforge", target: { baseUrl, apiKey }, source: "INSFORGE_BASE_URL" };
  }
  if (baseUrl || apiKey) {
    const [set, missing] = baseUrl
      ? ["INSFORGE_BASE_URL", "INSFORGE_API_KEY"]
      : ["INSFORGE_API_KEY", "INSFORGE_BASE_URL"];
    throw new TracingError("invalid-option", `${set} is set, but ${missing} is not; InsForge needs both.`, {
      hint: `Set ${missing}, or unset ${set} to use another store.`,
    });
  }
  const databaseUrl = given(env.DATABASE_URL);
  if (databaseUrl) return postgres("DATABASE_URL", databaseUrl);
  return { kind: "embedded", source: "nothing configured" };
}

function insforgeFromCode(target: NonNullable<StoreOptions["insforge"]>): StoreChoice {
  if (typeof target !== "object" || target === null) {
    throw new TracingError(
      "invalid-option",
      `insforge is ${kindOf(target)}; accepted: { baseUrl, apiKey } or { client }.`,
    );
  }
  if ("client" in target) {
    const { client } = target;
    if (typeof client === "object" && client !== null) {
      return { kind: "insforge", target, source: "insforge.client" };
    }
    throw invalidOption("insforge.client", client, "a client of createAdminClient() from @insforge/sdk");
  }
  requireUrl("insforge.baseUrl", target.baseUrl, ["http:", "https:"]);
  if (typeof target.apiKey !== "string" || target.apiKey === "") {
    throw new TracingError(
      "invalid-option",
      `insforge.apiKey is ${kindOf(target.apiKey)}; accepted: a key.`,
      {
        hint: "Pass the project's API key (ik_...), not the anonymous one.",
      },
    );
  }
  return { kind: "insforge", target, source: "insforge.baseUrl" };
}

function postgres(source: string, databaseUrl: string): StoreChoice {
  requireUrl(source, databaseUrl, ["postgres:", "postgresql:"]);
  return { kind: "postgres", databaseUrl, source };
}

function requireUrl(name: string, value: unknown, protocols: readonly string[]): void {
  const accepted = `an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`;
  if (typeof value !== "string" || !URL.canParse(value)) {
    const received = typeof value === "string" && value !== "" ? "not a URL" : kindOf(value);
    throw new TracingError("invalid-option", `${name} is ${received}; accepted: ${accepted}.`);
  }
  const { protocol } = new URL(value);
  if (!protocols.includes(protocol)) throw invalidOption(name, `${protocol}//...`, accepted);
}

/** What is said of a value that may hold a password or key. */
function kindOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === "") return "empty";
  return value === null ? "null" : `a ${typeof value}`;
}

function resolveRetention(options: StoreOptions, env: NodeJS.ProcessEnv): number | undefined {
  const fromEnv = given(env.TRACING_RETENTION_DAYS);
  const days = options.retentionDays ?? (fromEnv && /^\d+$/.test(fromEnv) ? Number(fromEnv) : fromEnv);
  if (days === undefined) return undefined;
  if (typeof days !== "number" || !Number.isSafeInteger(days) || days < 1 || days > 36_500) {
    const name = options.retentionDays === undefined ? "TRACING_RETENTION_DAYS" : "retentionDays";
    throw invalidOption(name, days, "a whole number of days from 1 to 36500");
  }
  return days;
}
