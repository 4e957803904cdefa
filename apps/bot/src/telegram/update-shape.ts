import type { Update, UserFromGetMe } from "grammy/types";
import { z } from "zod";

const person = z.looseObject({ id: z.int() });
const chat = z.looseObject({ id: z.int(), type: z.string() });
const entity = z.looseObject({ type: z.string(), offset: z.int().min(0), length: z.int().min(0) });
const sound = z.looseObject({
  file_id: z.string(),
  file_size: z.number().optional(),
  duration: z.number().optional(),
  mime_type: z.string().optional(),
});
/** Of a message as much as handlers rely on. */
const message = z.looseObject({
  message_id: z.int(),
  chat,
  from: person.optional(),
  text: z.string().optional(),
  entities: z.array(entity).optional(),
  voice: sound.optional(),
  audio: sound.optional(),
});
const press = z.looseObject({
  id: z.string(),
  from: person,
  data: z.string().optional(),
  message: z.looseObject({ message_id: z.int(), chat }).optional(),
});
const numbered = z.looseObject({ update_id: z.int() });
const updateSchema = numbered.extend({ message: message.optional(), callback_query: press.optional() });
const botSchema = z.looseObject({ id: z.int(), username: z.string() });

/** What answered is no Bot API, or none that is well. */
export class MisshapenAnswerError extends Error {
  override readonly name = "MisshapenAnswerError";
}

export interface ReadUpdates {
  /** In the order they came in. */
  updates: Update[];
  /** Of all that have one, those that are no updates besides. */
  ids: number[];
  /** How many are no updates. */
  misshapen: number;
}

/**
 * Sorts out what is no update, so that no handler meets a shape that Telegram does not send.
 *
 * @throws {MisshapenAnswerError} when it is no list, or has no id by which it could be confirmed.
 */
export function readUpdates(answer: unknown): ReadUpdates {
  if (!Array.isArray(answer)) throw new MisshapenAnswerError("getUpdates answered with what is no list");
  const ids = answer.flatMap((entry) => {
    const { data } = numbered.safeParse(entry);
    return data ? [data.update_id] : [];
  });
  if (answer.length > 0 && ids.length === 0)
    throw new MisshapenAnswerError("getUpdates answered with a list without an update in it");
  const updates = answer.filter((entry): entry is Update => updateSchema.safeParse(entry).success);
  return { updates, ids, misshapen: answer.length - updates.length };
}

/** @throws {MisshapenAnswerError} when it is no bot. */
export function readBotInfo(answer: unknown): UserFromGetMe {
  if (!botSchema.safeParse(answer).success)
    throw new MisshapenAnswerError("getMe answered with what is no bot");
  return answer as UserFromGetMe;
}
