import { z } from "zod";

export function section(title: string, text: string): string {
  return `${title}:\n${text}`;
}

/** On one line: whatever a reader takes for a line break becomes a space. */
export function onOneLine(text: string): string {
  return text.replace(/\s*[\n\r\v\f\u0085\u2028\u2029]\s*/g, " ");
}

/** One line an item. */
export function bullets(items: readonly string[], none = "None."): string {
  if (items.length === 0) return none;
  return items.map((item) => `- ${onOneLine(item)}`).join("\n");
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
