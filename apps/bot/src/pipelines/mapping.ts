import type { Mapping } from "./pipeline.ts";

/** The source of what the run itself was given. */
export const INPUT = "input";

const REFERENCE = /^[A-Za-z_][\w-]*(\.[A-Za-z_]\w*)*$/;

export const MAPPING_FORM =
  "a reference such as input.answer, trainer or signals.risks, or a map of names to references";

/** What a file says, as a mapping; undefined when it is none. */
export function toMapping(value: unknown): Mapping | undefined {
  if (typeof value === "string") {
    if (!REFERENCE.test(value)) return undefined;
    const [source = "", ...fields] = value.split(".");
    return { kind: "reference", source, fields };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const members: Record<string, Mapping> = {};
  for (const [name, member] of Object.entries(value)) {
    const mapping = toMapping(member);
    if (!mapping) return undefined;
    members[name] = mapping;
  }
  return { kind: "object", members };
}

/** The mapping's value; undefined where a reference leads to nothing. */
export function resolveMapping(mapping: Mapping, values: ReadonlyMap<string, unknown>): unknown {
  if (mapping.kind === "object") return resolveMembers(mapping.members, values);
  let value = values.get(mapping.source);
  for (const field of mapping.fields) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, field)) return undefined;
    value = Reflect.get(value, field);
  }
  return value;
}

export function resolveMembers(
  members: Readonly<Record<string, Mapping>>,
  values: ReadonlyMap<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members).map(([name, mapping]) => [name, resolveMapping(mapping, values)]),
  );
}
