import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import { BOT_METHODS, toMethodName } from "../bot-api/bot-methods.ts";
import { MAX_TEXT_LENGTH } from "../bot-api/formatted-text.ts";
import { BodyError, readFields } from "../http/read-body.ts";
import type { TelegramState } from "../telegram-state.ts";
import { ControlError } from "./control-error.ts";
import { fileSchema, makeFile, sendUpdates, updatesSchema } from "./hostile-actions.ts";
import { pressButton, sendText, sendVoice } from "./user-actions.ts";

const MAX_WAIT_MS = 600_000;
const MAX_UPLOAD_BYTES = 64 * 1024 * 1024;
const POSITIVE = /^[1-9]\d{0,14}$/;
const FAULT_STATUS = "400, 401, 403, 404, 409, 429 or from 500 to 599";

const wholeNumber = (max: number) =>
  z.coerce
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .refine((value) => value <= max);
const textSchema = z.object({ text: z.string() });
const pressSchema = z.object({
  messageId: z.coerce.number().int().positive(),
  data: z.string(),
  force: z.union([z.boolean(), z.enum(["true", "false"]).transform((value) => value === "true")]).optional(),
});
const faultSchema = z.object({
  method: z.string(),
  status: z.coerce
    .number()
    .int()
    .refine((status) => [400, 401, 403, 404, 409, 429].includes(status) || (status >= 500 && status <= 599)),
  retryAfter: z.coerce.number().int().min(0).max(86_400).optional(),
  times: z.coerce.number().int().min(1).max(1_000_000).default(1),
  description: z.string().optional(),
});
const chatSchema = z.object({
  after: wholeNumber(Number.MAX_SAFE_INTEGER).default(0),
  wait: wholeNumber(MAX_WAIT_MS).default(0),
  activity: wholeNumber(Number.MAX_SAFE_INTEGER).optional(),
});

/** Acts for users and shows what they see; for scripts and for the chat page. */
export function controlApi(state: TelegramState, firstUser: number): Hono {
  const app = new Hono();
  app.use(bodyLimit({ maxSize: MAX_UPLOAD_BYTES, onError: tooLarge }));
  app.onError((error, c) => {
    if (error instanceof ControlError || error instanceof BodyError)
      return c.json({ error: error.message }, 400);
    throw error;
  });

  app.get("/bot", (c) => c.json({ ...state.bot, firstUser, runId: state.runId }));

  app.post("/users/:id/messages", async (c) => {
    const chat = state.chats.of(readUserId(c));
    const fields = await readFields(c);
    if (fields.voice instanceof File) return c.json(await sendVoice(state, chat, fields.voice, fields));
    const accepted = `{"text": "1 to ${MAX_TEXT_LENGTH} characters"}, or a form with the file "voice"`;
    return c.json(sendText(state, chat, check(textSchema, fields, accepted).text));
  });

  app.delete("/users/:id/messages/:messageId", (c) => {
    const chat = state.chats.of(readUserId(c));
    const messageId = c.req.param("messageId");
    if (!chat.delete(Number(messageId))) {
      throw new ControlError(`User ${chat.user.id} has no message ${JSON.stringify(messageId)} to delete`);
    }
    return c.json({ deleted: Number(messageId) });
  });

  app.post("/users/:id/press", async (c) => {
    const chat = state.chats.of(readUserId(c));
    const accepted = `{"messageId": a message's number, "data": the data of one of its buttons}`;
    const { messageId, data, force = false } = check(pressSchema, await readFields(c), accepted);
    return c.json(pressButton(state, chat, { messageId, data, force }));
  });

  app.get("/users/:id/chat", async (c) => {
    const chat = state.chats.of(readUserId(c));
    const accepted = `after (a seq), wait (ms, up to ${MAX_WAIT_MS}) and activity (as answered before)`;
    const { after, wait: ms, activity } = check(chatSchema, c.req.query(), accepted);
    await chat.wait({ after, activity, ms, signal: c.req.raw.signal });
    return c.json({
      ...chat.view(after),
      commands: state.commands.shownTo(chat.user.id, chat.user.language_code),
      bot: state.updates.presence,
      runId: state.runId,
    });
  });

  app.post("/updates", async (c) => c.json({ updateIds: sendUpdates(state, await readUpdates(c)) }));

  app.post("/files", async (c) => {
    const accepted = `{"bytes": how many come, "declaredBytes": what getFile says, "gzip": true, "trickle": true}`;
    return c.json(makeFile(state, check(fileSchema, await readFields(c), accepted)));
  });

  app.get("/files/:fileId", (c) => {
    const file = state.files.withId(c.req.param("fileId"));
    if (!(file?.content instanceof Uint8Array)) {
      return c.json({ error: "There is no such file, or it is too big to be kept" }, 404);
    }
    return c.body(file.content, 200, {
      "Content-Type": toAudioType(file.mimeType),
      "X-Content-Type-Options": "nosniff",
    });
  });

  app.get("/faults", (c) => c.json({ faults: state.faults.list() }));
  app.delete("/faults", (c) => {
    state.faults.clear();
    return c.json({ faults: [] });
  });
  app.post("/faults", async (c) => {
    const accepted = `{"method", "status": ${FAULT_STATUS}, "retryAfter": seconds with 429, "times": 1 or more}`;
    const fault = check(faultSchema, await readFields(c), accepted);
    const method = toMethodName(fault.method);
    if (!method) {
      throw new ControlError(
        `Received the method ${JSON.stringify(fault.method)}. Served are: ${Object.keys(BOT_METHODS).join(", ")}.`,
      );
    }
    state.faults.add({
      ...fault,
      method,
      ...(fault.status === 429 && { retryAfter: fault.retryAfter ?? 1 }),
    });
    return c.json({ faults: state.faults.list() });
  });

  app.all("*", (c) =>
    c.json({ error: `There is no ${c.req.method} ${c.req.path} here; README.md lists what there is` }, 404),
  );
  return app;
}

function readUserId(c: Context): number {
  const id = c.req.param("id") ?? "";
  if (!POSITIVE.test(id)) {
    throw new ControlError(
      `Received the user id ${JSON.stringify(id)}. A user id is a whole number from 1 on.`,
    );
  }
  return Number(id);
}

async function readUpdates(c: Context): Promise<z.infer<typeof updatesSchema>> {
  const parsed = updatesSchema.safeParse(await c.req.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  throw new ControlError("Accepted is an update as the Bot API writes it, or a list of them, as JSON.");
}

function check<T>(schema: z.ZodType<T>, value: Record<string, unknown>, accepted: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const names = [...new Set(parsed.error.issues.map(({ path }) => String(path[0])))];
  const received = names.map((name) => `${name} = ${JSON.stringify(value[name])?.slice(0, 80) ?? "nothing"}`);
  throw new ControlError(`Received ${received.join(", ")}. Accepted is ${accepted}.`);
}

/** Whatever was uploaded is played or downloaded, never shown as a page. */
function toAudioType(mimeType: string): string {
  return /^(audio|video)\/[\w.+-]+$/.test(mimeType) ? mimeType : "application/octet-stream";
}

function tooLarge(c: Context): Response {
  return c.json({ error: `The body is too large; accepted are up to ${MAX_UPLOAD_BYTES} bytes` }, 413);
}
