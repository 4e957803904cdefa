import type { Context } from "hono";

export type Fields = Record<string, unknown>;

/**
 * The fields of a request: those of its query, and those of a JSON, urlencoded or multipart body, which win. JSON that
 * calls itself urlencoded, as `curl -d` does, is read as what it is.
 */
export async function readFields(c: Context): Promise<Fields> {
  const query = c.req.query();
  if (c.req.method === "GET" || c.req.method === "HEAD") return query;
  const kind = c.req.header("content-type") ?? "";
  if (/^multipart\/form-data\b/i.test(kind)) return { ...query, ...(await readForm(c)) };
  const text = await c.req.text();
  if (/^application\/x-www-form-urlencoded\b/i.test(kind) && !text.trimStart().startsWith("{")) {
    return { ...query, ...Object.fromEntries(new URLSearchParams(text)) };
  }
  return { ...query, ...(text.trim() === "" ? {} : parseObject(text)) };
}

/** The body cannot be read as what it says it is; the message may be shown to whoever sent it. */
export class BodyError extends Error {
  override readonly name = "BodyError";
}

async function readForm(c: Context): Promise<Fields> {
  try {
    return await c.req.parseBody();
  } catch (cause) {
    throw new BodyError("The form in the body cannot be read", { cause });
  }
}

function parseObject(text: string): Fields {
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BodyError("The body must be a JSON object");
  }
  return { ...value };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BodyError("The body is not JSON", { cause });
  }
}
