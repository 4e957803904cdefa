import type { Reply } from "../../telegram/reply.ts";
import type { BotContext } from "../context.ts";
import { show } from "../show.ts";

/** One thing that `/admin` can do, written as `/admin <name> <argument>` or pressed. */
export interface AdminCommand {
  readonly name: string;
  /** What may follow the name, e.g. `<id>`. */
  readonly argument?: string;
  readonly description: string;
  /** Of its button in the overview; those that need an argument have none. */
  readonly label?: string;
  /** @param argument all that follows the name, trimmed */
  run(ctx: BotContext, argument: string): Promise<void>;
}

/** A command that answers with one reply. */
export function createView(
  description: Omit<AdminCommand, "run">,
  view: (ctx: BotContext, argument: string) => Promise<Reply> | Reply,
): AdminCommand {
  return { ...description, run: async (ctx, argument) => show(ctx, await view(ctx, argument)) };
}

/** Telegram's bound of what a button carries, in bytes. */
const MAX_DATA_BYTES = 64;

/**
 * What a button carries that does the same as `/admin <name> <argument>`.
 *
 * @throws {RangeError} when it is too long for a button.
 */
export function toData(name: string, argument = ""): string {
  const data = argument === "" ? `admin:${name}` : `admin:${name}:${argument}`;
  const bytes = Buffer.byteLength(data);
  if (bytes > MAX_DATA_BYTES) {
    throw new RangeError(`A button carries ${MAX_DATA_BYTES} bytes at most; "${data}" has ${bytes}.`);
  }
  return data;
}

/** The data of `toData`: name and argument. */
export const DATA = /^admin:([a-z]+)(?::(.*))?$/;
