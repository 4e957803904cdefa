import { z } from "zod";
import type { YamlDocument, YamlPath } from "../content/index.ts";
import { MAPPING_FORM, toMapping } from "./mapping.ts";
import type { Mapping } from "./pipeline.ts";
import { fieldOf } from "./schema-shape.ts";

/** What a mapping can refer to. */
export interface Sources {
  /** With what each of them gives. */
  ready: ReadonlyMap<string, z.ZodType>;
  /** Steps that are there, but give nothing here, and why. */
  absent: ReadonlyMap<string, string>;
}

/** What is wrong with a mapping as a file says it; its schema is open where that cannot be told. */
export function checkMapping(
  document: YamlDocument,
  path: YamlPath,
  value: unknown,
  sources: Sources,
): { mistakes: string[]; schema: z.ZodType } {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const members = Object.entries(value).map(
      ([name, member]) => [name, checkMapping(document, [...path, name], member, sources)] as const,
    );
    return {
      mistakes: members.flatMap(([, { mistakes }]) => mistakes),
      schema: z.object(Object.fromEntries(members.map(([name, { schema }]) => [name, schema]))),
    };
  }
  const mapping = toMapping(value);
  if (mapping?.kind !== "reference") {
    const message = `this is ${JSON.stringify(value)}; accepted is ${MAPPING_FORM}`;
    return { mistakes: [document.at(path, message)], schema: z.unknown() };
  }
  const found = follow(mapping, sources);
  return typeof found === "string"
    ? { mistakes: [document.at(path, found)], schema: z.unknown() }
    : { mistakes: [], schema: found };
}

/** What the reference leads to, or why it leads nowhere. */
function follow(
  { source, fields }: Extract<Mapping, { kind: "reference" }>,
  { ready, absent }: Sources,
): z.ZodType | string {
  let schema = ready.get(source);
  if (!schema) {
    const why = absent.get(source) ?? "is no step of this pipeline";
    return `"${source}" ${why}; accepted here are ${[...ready.keys()].join(", ")}`;
  }
  let name = source;
  for (const field of fields) {
    const next = fieldOf(schema, field);
    if (!next.found) {
      const accepted = next.accepted.length > 0 ? next.accepted.join(", ") : `${name} as a whole`;
      return `"${name}" has no ${field}; accepted: ${accepted}`;
    }
    schema = next.found;
    name = `${name}.${field}`;
  }
  return schema;
}
