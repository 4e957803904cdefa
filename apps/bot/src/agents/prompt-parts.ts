import { z } from "zod";

export function section(title: string, text: string): string {
  return `${title}:\n${text}`;
}

/** One line an item; line breaks in an item become spaces. */
export function bullets(items: readonly string[], none = "None."): string {
  if (items.length === 0) return none;
  return items.map((item) => `- ${item.replace(/\s*\n\s*/g, " ")}`).join("\n");
}

/** The text between tags that it does not contain, so that it cannot end them itself. */
export function fenced(name: string, text: string): string {
  let tag = name;
  for (let number = 2; new RegExp(`<\\s*/?\\s*${tag}\\b`, "i").test(text); number += 1)
    tag = `${name}-${number}`;
  return `<${tag}>\n${text}\n</${tag}>`;
}

export function outputFormat(schema: z.ZodType): string {
  const { $schema: _, ...shape } = z.toJSONSchema(schema);
  return `Answer with one JSON object that fits this JSON schema, without a code fence and with nothing before or after it:
${JSON.stringify(shape)}`;
}
