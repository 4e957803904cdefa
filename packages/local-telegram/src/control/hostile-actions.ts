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

const from = z.looseObject({ id: z.int().positive() });
const actSchema = z.looseObject({
  message: z.looseObject({ from }).optional(),
  callback_query: z
    .looseObject({
      from,
      id: z.string(),
      data: z.string().default(""),
      message: z.looseObject({ message_id: z.int() }).optional(),
    })
    .optional(),
});

/** Hands the bot what it is given, as it is; whoever wrote or pressed in it may be answered, in the chat of their own. */
export function sendUpdate(state: TelegramState, update: Record<string, unknown>): { updateId: unknown } {
  const { message, callback_query: press } = actSchema.safeParse(update).data ?? {};
  const author = message?.from ?? press?.from;
  if (author) {
    const chat = state.chats.of(author.id);
    state.chats.open(chat);
    if (press) {
      const { id, data, message: pressed } = press;
      state.queries.addAs(id, { chat, messageId: pressed?.message_id ?? 0, data });
    }
  }
  return { updateId: state.updates.pushAsIs(update) };
}
