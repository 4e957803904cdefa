import { z } from "zod";
import type { YamlDocument, YamlPath } from "./yaml-document.ts";

/**
 * What a schema has against a document's value, one `file:line:column: what is wrong, what is accepted` a mistake, in
 * the order of the file.
 */
export function toMistakes(document: YamlDocument, schema: z.ZodType, error: z.ZodError): string[] {
  return error.issues
    .flatMap((issue) => describe(document, schema, issue))
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .map(({ line, column, message }) => `${document.file}:${line}:${column}: ${message}`);
}

interface Mistake {
  line: number;
  column: number;
  message: string;
}

function describe(document: YamlDocument, schema: z.ZodType, issue: z.core.$ZodIssue): Mistake[] {
  const path = issue.path.filter((step) => typeof step !== "symbol");
  if (issue.code === "unrecognized_keys") {
    const accepted = acceptedKeys(schema, path);
    return issue.keys.map((key) => ({
      ...document.positionOf([...path, key], "key"),
      message: `${nameOf([...path, key])} is not known here${accepted && `; accepted are ${accepted}`}`,
    }));
  }
  const value = valueAt(document.value, path);
  const accepted = accepts(issue);
  const message =
    value === undefined
      ? `${nameOf(path)} is missing; accepted is ${accepted}`
      : `${nameOf(path)} is ${show(value)}; accepted is ${accepted}`;
  return [{ ...document.positionOf(path), message }];
}

function accepts(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return KINDS.get(issue.expected) ?? issue.expected;
    case "invalid_value":
      return `one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      return issue.origin === "number"
        ? `${issue.minimum} or more`
        : `${count(issue.minimum, issue.origin)} or more`;
    case "too_big":
      return issue.origin === "number"
        ? `${issue.maximum} or less`
        : `${count(issue.maximum, issue.origin)} at most`;
    default:
      return issue.message;
  }
}

const KINDS = new Map<string, string>([
  ["string", "a text"],
  ["number", "a number"],
  ["int", "a whole number"],
  ["boolean", "true or false"],
  ["array", "a list"],
  ["object", "a map of keys and values"],
  ["record", "a map of keys and values"],
]);

function count(size: number | bigint, origin: string): string {
  const unit = origin === "string" ? "character" : "entry";
  if (size === 1 || size === 1n) return `1 ${unit}`;
  return `${size} ${unit === "entry" ? "entries" : "characters"}`;
}

function nameOf(path: YamlPath): string {
  if (path.length === 0) return "the document";
  return path.reduce<string>(
    (name, step) => (typeof step === "number" ? `${name}[${step}]` : name === "" ? step : `${name}.${step}`),
    "",
  );
}

function show(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return `a list of ${count(value.length, "array")}`;
  if (typeof value === "object") return "a map of keys and values";
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 56)}..." (${json.length - 2} characters)` : json;
}

function valueAt(root: unknown, path: YamlPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

function acceptedKeys(root: z.ZodType, path: YamlPath): string {
  let schema: unknown = root;
  for (const step of path) {
    if (schema instanceof z.ZodObject) schema = schema.shape[step];
    else if (schema instanceof z.ZodArray) schema = schema.element;
    else return "";
  }
  return schema instanceof z.ZodObject ? Object.keys(schema.shape).join(", ") : "";
}
