import { readFileSync } from "node:fs";
import { isAlias, isCollection, isMap, isPair, isScalar, LineCounter, type Node, parseDocument } from "yaml";

/** The way from a document's root to a value: keys of maps, indexes of lists. */
export type YamlPath = readonly (string | number)[];

/** Both count from 1. */
export interface YamlPosition {
  line: number;
  column: number;
}

/** A YAML file's value, which still knows where each part of it stands. */
export interface YamlDocument {
  /** The path it was read from, as it was given. */
  readonly file: string;
  /** Undefined when there are problems. */
  readonly value: unknown;
  /** Why there is no value, one `file:line:column: message` each: the file cannot be read, or it is no YAML. */
  readonly problems: readonly string[];
  /**
   * Where a value starts, or the key it stands under. A path that leads out of the document gives the innermost
   * part that is there, so that what is missing is reported where it belongs.
   */
  positionOf(path: YamlPath, of?: "value" | "key"): YamlPosition;
  /** A message with its place before it: `file:line:column: message`. */
  at(path: YamlPath, message: string, of?: "value" | "key"): string;
}

const START: YamlPosition = { line: 1, column: 1 };

/** Reads one YAML document. Never throws for what the file holds: see {@link YamlDocument.problems}. */
export function readYamlDocument(file: string): YamlDocument {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    return withoutValue(file, [`${file}:1:1: ${describeReadFailure(cause)}`]);
  }
  return parseYamlDocument(file, text);
}

/** The same for text that is already there; `file` is only what messages call it. */
export function parseYamlDocument(file: string, text: string): YamlDocument {
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const place = (offset: number): YamlPosition => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const say = ({ line, column }: YamlPosition, message: string) => `${file}:${line}:${column}: ${message}`;
  const faults = [...parsed.errors, ...parsed.warnings].map(({ pos, message }) =>
    say(place(pos[0]), `this is not YAML as it is accepted here: ${message}`),
  );
  if (faults.length > 0) return withoutValue(file, faults);

  let value: unknown;
  try {
    value = parsed.toJS();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return withoutValue(file, [say(START, `its aliases cannot be resolved: ${why}`)]);
  }
  const positionOf: YamlDocument["positionOf"] = (path, of = "value") => {
    const offset = findOffset(parsed.contents, path, of);
    return offset === undefined ? START : place(offset);
  };
  return {
    file,
    value,
    problems: [],
    positionOf,
    at: (path, message, of) => say(positionOf(path, of), message),
  };
}

function withoutValue(file: string, problems: readonly string[]): YamlDocument {
  return {
    file,
    value: undefined,
    problems,
    positionOf: () => START,
    at: (_path, message) => `${file}:1:1: ${message}`,
  };
}

function describeReadFailure(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT") return "there is no such file; a YAML file is expected here";
  if (code === "EISDIR") return "this is a directory; a YAML file is expected here";
  return `the file cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
}

function findOffset(root: Node | null, path: YamlPath, of: "value" | "key"): number | undefined {
  let node: unknown = root;
  let offset = startOf(root);
  for (const [depth, step] of path.entries()) {
    const isLast = depth === path.length - 1;
    const found = descend(node, step);
    if (found === undefined) return offset;
    offset = (isLast && of === "key" ? startOf(found.key) : undefined) ?? startOf(found.value) ?? offset;
    node = found.value;
  }
  return offset;
}

function descend(node: unknown, step: string | number): { key?: unknown; value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
    return pair && { key: pair.key, value: pair.value };
  }
  if (!isCollection(node)) return undefined;
  const item: unknown = node.items[Number(step)];
  return item === undefined || isPair(item) ? undefined : { value: item };
}

function startOf(node: unknown): number | undefined {
  return isScalar(node) || isCollection(node) || isAlias(node) ? node.range?.[0] : undefined;
}
