import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SECRETS, type Secret } from "../../../../packages/tracing/test/capture/redaction/secrets.ts";
import { query } from "../../../../packages/tracing/test/support/postgres-server.ts";
import { ADMIN, createTestWorld, type World } from "./world.ts";

const DEAL = "Acme wants 40 seats for 36,000 euros a year, and procurement is silent for three weeks now.";

/** Everything that is under a directory, as text. */
function readAll(directory: string): string {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1")).join("\n");
}

/** All rows of the two schemas. */
async function readTables({ insforge }: World): Promise<string> {
  const tables = await query(
    insforge.databaseUrl,
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('tracing', 'bot')",
  );
  const rows = await Promise.all(
    tables.map(({ name }) => query(insforge.databaseUrl, `SELECT t::text AS row FROM ${name} t`)),
  );
  return rows
    .flat()
    .map(({ row }) => String(row))
    .join("\n");
}

function findSecrets(world: World, place: string, text: string): string[] {
  const secrets = Object.entries(world.secrets).flatMap(([name, secret]) =>
    [secret, encodeURIComponent(secret)].some((form) => text.includes(form)) ? [`${name} in ${place}`] : [],
  );
  return [...secrets, ...(/\/file\/bot/.test(text) ? [`a file's address in ${place}`] : [])];
}

/** Secrets of one line, as many as a message holds. */
function toMessages(): Secret[][] {
  const short = SECRETS.filter(
    ({ text }) => text.length < 160 && !/[\n{}]/.test(text) && !text.includes("BEGIN"),
  );
  return Array.from({ length: Math.ceil(short.length / 16) }, (_, n) => short.slice(n * 16, n * 16 + 16));
}

describe("tokens, keys and addresses of files", () => {
  it("are in no log line, trace, table, spool file or message, whatever goes wrong", async () => {
    const world = await createTestWorld();
    const bot = await world.startBot({ LOG_LEVEL: "trace", LLM_TIMEOUT_MS: "1000" });
    const user = world.user(31);

    // All is well, by voice.
    await user.send("/support");
    await user.expect("Reply with your answer");
    await user.sendVoice(new TextEncoder().encode("OggS"));
    await user.expect("Draft message");

    // The model, speech recognition and Telegram refuse, each repeating what they were given.
    await user.send("/support");
    await user.expect("Reply with your answer");
    const body = JSON.stringify({ error: { message: `Key ${world.secrets.model} is revoked` } });
    world.model.enqueue({ kind: "status", task: "signals", status: 401, body });
    await user.send(DEAL);
    await user.expect("for my operator to mend");
    world.model.enqueue(...Array.from({ length: 3 }, () => ({ kind: "reset", task: "signals" }) as const));
    await user.send(DEAL);
    await user.expect("I cannot reach the model");
    const error = `${world.secrets.assemblyai} is not valid for ${world.telegram.url}/file/bot${world.secrets.telegram}/x`;
    world.assemblyai.enqueue({ kind: "status", step: "upload", status: 401, error });
    await user.sendVoice(new TextEncoder().encode("OggS"));
    await user.expect("I could not make words of this recording");
    const messages = user.all().map(({ text }) => text);

    // A rep sends a token and a key along with a deal, and the store is away, so that it waits in the spool.
    await world.insforge.down();
    await user.send(`${DEAL} My bot is ${world.secrets.telegram} and the key ${world.secrets.model}.`);
    await user.expect("Draft message");
    const spool = readAll(join(world.dataDir, "spool"));
    expect(spool).toContain("Acme wants 40 seats");

    // Telegram goes away, and the process dies.
    await world.telegram.close();
    await bot.logged("Telegram does not answer; trying again");
    await bot.end("SIGKILL");
    await world.insforge.up();

    const tables = await readTables(world);
    expect(tables).toContain("agent:strategist");
    const places = { log: bot.output(), spool, tables, chat: messages.join("\n") };
    expect(Object.entries(places).flatMap(([place, text]) => findSecrets(world, place, text))).toEqual([]);
  }, 90_000);

  it("are not in what a failure that nobody expects leaves behind", async () => {
    const world = await createTestWorld();
    const fail = `process.once("SIGUSR2", () => void Promise.reject(new Error("/bot" + process.env.TELEGRAM_BOT_TOKEN)))`;
    const bot = await world.startBot({
      NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(fail)}`,
    });
    const { code } = await bot.end("SIGUSR2");
    expect(code).toBe(1);
    expect(bot.output()).toContain("/bot[redacted]");
    expect(findSecrets(world, "log", bot.output())).toEqual([]);
  });

  it("are not repeated when they are not accepted at the start", async () => {
    const world = await createTestWorld();
    const wrong = world.secrets.telegram.replace("AAEnd2End", "AAWrong00");
    const failure = await world.startBot({ TELEGRAM_BOT_TOKEN: wrong }).catch((error: Error) => error);
    expect(String(failure)).toContain("TELEGRAM_BOT_TOKEN");
    expect(String(failure)).not.toContain(wrong);
  });

  it("that a rep sends along with a deal are in nothing that is kept, logged or shown to the operator", async () => {
    const world = await createTestWorld();
    const bot = await world.startBot({ LOG_LEVEL: "trace" });
    const [user, admin] = [world.user(32), world.user(ADMIN)];
    const sent = toMessages();
    for (const secrets of sent) {
      await user.send("/support");
      await user.expect("Reply with your answer");
      await user.send([DEAL, ...secrets.map(({ text }) => text)].join("\n"));
      await user.expect("Draft message");
    }
    // The model refuses, and repeats what it was asked.
    const echo = sent
      .flat()
      .map(({ text }) => text)
      .join("\n");
    world.model.enqueue({
      kind: "status",
      task: "signals",
      status: 400,
      body: JSON.stringify({ error: { message: `Not accepted: ${echo}` } }),
    });
    await user.send("/support");
    await user.expect("Reply with your answer");
    await user.send(DEAL);
    await user.expect(/model/);

    const traces = async () => (await world.store.repo.listTraces({ limit: 100 })).traces;
    await expect
      .poll(async () => (await traces()).filter(({ status }) => status === "error"))
      .toHaveLength(1);
    const shown: string[] = [];
    const ask = async (command: string) => {
      await admin.send(command);
      await admin.expect(/./);
      shown.push(...(await admin.answers()).map(({ text }) => text));
    };
    await ask("/admin traces");
    await ask("/admin errors");
    await ask("/admin stats");
    for (const { traceId } of await traces()) await ask(`/admin trace ${traceId}`);
    expect(shown.join("\n")).toContain("agent:strategist");
    await bot.end("SIGTERM");

    const tables = await readTables(world);
    expect(tables).toContain("procurement is silent");
    const places = { log: bot.output(), spool: readAll(world.dataDir), tables, admin: shown.join("\n") };
    const found = sent.flat().flatMap(({ kind, hidden }) => {
      const forms = [hidden, JSON.stringify(hidden).slice(1, -1), encodeURIComponent(hidden)];
      return Object.entries(places).flatMap(([place, text]) =>
        forms.some((form) => text.includes(form)) ? [`${kind} in ${place}`] : [],
      );
    });
    expect(found).toEqual([]);
  }, 180_000);
});
