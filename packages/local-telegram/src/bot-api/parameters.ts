import type { z } from "zod";
import { badRequest } from "./api-error.ts";

/**
 * The parameters of a call, from its query, form or JSON body. Clients send numbers, booleans and objects either as
 * they are or as text; both are taken.
 */
export class Parameters {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  /** Undefined when it is missing or empty. */
  text(name: string): string | undefined {
    const value = this.#values[name];
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    throw badRequest(`parameter "${name}" must be a string`);
  }

  integer(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (!/^-?\d{1,16}$/.test(text.trim())) throw badRequest(`invalid ${name} specified`);
    return Number(text);
  }

  boolean(name: string): boolean {
    return ["true", "1"].includes(this.text(name)?.toLowerCase() ?? "");
  }

  /** Checked by the schema; `problem` is what the client is told when it does not fit. */
  json<T>(name: string, schema: z.ZodType<T>, problem: string): T | undefined {
    const value = this.#values[name];
    if (value === undefined || value === null || value === "") return undefined;
    const parsed = schema.safeParse(typeof value === "string" ? parseJson(value, problem) : value);
    if (!parsed.success) throw badRequest(problem);
    return parsed.data;
  }
}

function parseJson(text: string, problem: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw badRequest(problem);
    throw error;
  }
}
