import { join } from "node:path";
import { readSpoolStatus } from "../../../../packages/tracing/src/collector/spool/spool-status.ts";
import type { World } from "../e2e/world.ts";
import type { BotProcess } from "../support/bot-process.ts";
import { INSPECTED, Inspector } from "./inspector.ts";
import { type Descriptors, type Directory, descriptorsOf, residentBytes, sizeOf } from "./resources.ts";

/** What a process takes at a moment. */
export interface Usage {
  residentBytes: number | undefined;
  /** Garbage included. */
  heapBytes: number;
  descriptors: Descriptors | undefined;
  spool: Directory;
}

/** What stands in the spool for whoever comes next. */
export interface SpoolRest {
  /** Records of all kinds that nobody has acknowledged, and the spans among them. */
  pending: number;
  pendingSpans: number;
  deadLetters: number;
  files: number;
  bytes: number;
}

/** A process of the bot, from its start to its end, seen from outside. */
export class BotLife {
  readonly bot: BotProcess;
  readonly inspector: Inspector;
  readonly startedAt: number;
  readonly #spoolDir: string;
  /** When it had ended, how, and what it has left in the spool. */
  ending: { at: number; code: number | null; spool: SpoolRest } | undefined;

  private constructor(bot: BotProcess, inspector: Inspector, startedAt: number, spoolDir: string) {
    this.bot = bot;
    this.inspector = inspector;
    this.startedAt = startedAt;
    this.#spoolDir = spoolDir;
  }

  /** Resolves when the bot polls. */
  static async start(world: World, env: Record<string, string>): Promise<BotLife> {
    const startedAt = Date.now();
    const bot = await world.startBot({ ...INSPECTED, LOG_LEVEL: "info", ...env });
    return new BotLife(bot, await Inspector.attach(bot), startedAt, join(world.dataDir, "spool"));
  }

  get descriptors(): Descriptors | undefined {
    return descriptorsOf(this.#pid);
  }

  /** When it last logged that its database took too long. */
  gaveUpAt(): number | undefined {
    const line = this.bot
      .lines()
      .findLast(({ err }) => /has not answered in \d+ ms/.test(JSON.stringify(err ?? "")));
    return line && Date.parse(String(line.time));
  }

  async usage(): Promise<Usage> {
    return {
      residentBytes: residentBytes(this.#pid),
      heapBytes: await this.inspector.heapBytes(),
      descriptors: this.descriptors,
      spool: sizeOf(this.#spoolDir),
    };
  }

  spoolRest(): SpoolRest {
    const found = readSpoolStatus(this.#spoolDir);
    const sum = (count: (status: (typeof found)[number]) => number) =>
      found.reduce((total, status) => total + count(status), 0);
    return {
      ...sizeOf(this.#spoolDir),
      pending: sum(({ pendingRecords }) => pendingRecords),
      pendingSpans: sum(({ pendingSpans }) => pendingSpans),
      deadLetters: sum(({ deadLetters }) => deadLetters),
    };
  }

  /** Asks it to end, and resolves when it has. */
  async end(): Promise<void> {
    await this.inspector.detach();
    const { code } = await this.bot.end("SIGTERM");
    this.ending = { at: Date.now(), code, spool: this.spoolRest() };
  }

  get #pid(): number {
    return this.bot.child.pid ?? 0;
  }
}
