import { z } from "zod";

/** The schema of a field, or which fields there are instead. */
export function fieldOf(
  schema: z.ZodType,
  field: string,
): { found: z.ZodType } | { found: undefined; accepted: string[] } {
  const inner = unwrap(schema);
  if (isOpen(inner)) return { found: z.unknown() };
  if (!(inner instanceof z.ZodObject)) return { found: undefined, accepted: [] };
  const found: unknown = Object.hasOwn(inner.shape, field) ? inner.shape[field] : undefined;
  return found instanceof z.ZodType ? { found } : { found: undefined, accepted: Object.keys(inner.shape) };
}

/** Whether a value of one schema can have the shape that another asks for; bounds and formats are left to the run. */
export function canBe(actual: z.ZodType, expected: z.ZodType): boolean {
  const from = unwrap(actual);
  const to = unwrap(expected);
  if (isOpen(from) || isOpen(to)) return true;
  if (from instanceof z.ZodEnum && to instanceof z.ZodString) return true;
  if (from.def.type !== to.def.type) return false;
  if (from instanceof z.ZodArray && to instanceof z.ZodArray)
    return canBe(typed(from.element), typed(to.element));
  if (!(from instanceof z.ZodObject && to instanceof z.ZodObject)) return true;
  return Object.entries(to.shape).every(([name, field]) => {
    const has: unknown = from.shape[name];
    return has === undefined ? isOptional(field) : canBe(typed(has), typed(field));
  });
}

export function isOptional(schema: unknown): boolean {
  return typed(schema).safeParse(undefined).success;
}

/** What a schema takes, for messages. */
export function nameOf(schema: z.ZodType): string {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray) return `a list, each entry ${nameOf(typed(inner.element))}`;
  if (inner instanceof z.ZodObject) return `a map with ${Object.keys(inner.shape).join(", ")}`;
  if (inner instanceof z.ZodString) return "a text";
  return inner instanceof z.ZodEnum ? `one of ${inner.options.join(", ")}` : inner.def.type;
}

function unwrap(schema: z.ZodType): z.ZodType {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable || inner instanceof z.ZodDefault) {
    inner = typed(inner.unwrap());
  }
  return inner;
}

/** Of these nothing can be said before a run. */
function isOpen(schema: z.ZodType): boolean {
  return ["unknown", "any", "union", "record"].includes(schema.def.type);
}

function typed(schema: unknown): z.ZodType {
  return schema instanceof z.ZodType ? schema : z.unknown();
}
