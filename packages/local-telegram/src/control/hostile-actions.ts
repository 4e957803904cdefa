import { z } from "zod";
import { MadeContent } from "../chat/made-content.ts";
import type { TelegramState } from "../telegram-state.ts";

const flag = z
  .union([z.boolean(), z.enum(["true", "false"]).transform((value) => value === "true")])
  .default(false);

/** A file that is made up while it is downloaded. */
export const fileSchema = z.object({
  bytes: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  /** Null: `getFile` tells none. */
  declaredBytes: z.number().int().min(0).nullish(),
  gzip: flag,
  trickle: flag,
});

/** @returns the id under which a message can name the file */
export function makeFile(
  state: TelegramState,
  { declaredBytes, ...options }: z.infer<typeof fileSchema>,
): { fileId: string } {
  const declared = declaredBytes === undefined ? options.bytes : (declaredBytes ?? undefined);
  return { fileId: state.files.addMade(new MadeContent(options), declared).fileId };
}

const act = z.looseObject({ from: z.looseObject({ id: z.int().positive() }) });
const actSchema = z.looseObject({ message: act.optional(), callback_query: act.optional() });

/** Hands the bot what it is given, as it is; whoever wrote or pressed in it may be answered. */
export function sendUpdate(state: TelegramState, update: Record<string, unknown>): { updateId: unknown } {
  const { message, callback_query: press } = actSchema.safeParse(update).data ?? {};
  const from = message?.from ?? press?.from;
  if (from) state.chats.open(state.chats.of(from.id));
  return { updateId: state.updates.pushAsIs(update) };
}
