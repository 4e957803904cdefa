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

const update = z.record(z.string(), z.unknown());
export const updatesSchema = z.union([z.array(update), update.transform((one) => [one])]);

/** Hands the bot what it is given, as it is, and returns the ids. */
export function sendUpdates(state: TelegramState, updates: z.infer<typeof updatesSchema>): unknown[] {
  return updates.map((one) => {
    openChat(state, one);
    return state.updates.pushAsIs(one);
  });
}

/** Whoever wrote or pressed may be answered, in the chat of their own. */
function openChat(state: TelegramState, update: Record<string, unknown>): void {
  const { message, callback_query: press } = actSchema.safeParse(update).data ?? {};
  const author = message?.from ?? press?.from;
  if (!author) return;
  const chat = state.chats.of(author.id);
  state.chats.open(chat);
  if (!press) return;
  const { id, data, message: pressed } = press;
  state.queries.addAs(id, { chat, messageId: pressed?.message_id ?? 0, data });
}
