import { invalidOption, TracingError } from "../core/errors.ts";
import type { TraceStatus } from "../store/trace-repo.ts";

/** A span as a test expects it, with those below it; a text is the name of one that has none. */
export type ExpectedSpan =
  | string
  | {
      /** The whole name of the span. */
      name: string;
      /** What became of it. @default any */
      status?: TraceStatus | undefined;
      /** All spans directly below it. @default none */
      children?: readonly ExpectedSpan[] | undefined;
      /** Whether the children began in the order they are listed in. @default "start" */
      order?: ChildOrder | undefined;
    };

/**
 * The spans of a trace, as indented text or as literals.
 *
 * In a text, each line is a span and what is indented below it its children; ` > ` stands for one level on the same line.
 * `[error]`, `[ok]`, `[running]` or `[interrupted]` after a name states its status, and `[any order]` that its children may
 * have begun in any.
 */
export type ExpectedTree = ExpectedSpan | readonly ExpectedSpan[];

/** `start`: as they began. */
export type ChildOrder = "start" | "any";

/** An expectation in its one settled form. */
export interface ExpectedNode {
  name: string;
  status: TraceStatus | undefined;
  order: ChildOrder;
  children: ExpectedNode[];
}

const STATUSES: readonly TraceStatus[] = ["ok", "error", "running", "interrupted"];
const ANY_ORDER = "any order";
const FLAG = new RegExp(`\\s+\\[(${STATUSES.join("|")}|${ANY_ORDER})\\]$`);

/** @throws {TracingError} `invalid-option` when the expectation says nothing, or its lines form no tree */
export function toExpectedNodes(tree: ExpectedTree): ExpectedNode[] {
  const nodes =
    typeof tree === "string" ? parseText(tree) : Array.isArray(tree) ? tree.map(toNode) : [toNode(tree)];
  if (nodes.length === 0)
    throw invalidOption("tree", tree, "the names of spans, as indented text or literals");
  return nodes;
}

/** The marks after a name that a text has for what is expected. */
export function marksOf({ status, order }: ExpectedNode): string[] {
  return [
    ...(status === undefined || status === "ok" ? [] : [status]),
    ...(order === "any" ? [ANY_ORDER] : []),
  ];
}

function toNode(span: unknown): ExpectedNode {
  if (typeof span === "string") return lineNode(span);
  const { name, status, children = [], order = "start" } = (span ?? {}) as Exclude<ExpectedSpan, string>;
  if (typeof name !== "string")
    throw invalidOption("tree", span, "a name, or { name, status, children, order }");
  if (status !== undefined && !STATUSES.includes(status)) {
    throw invalidOption(`the status of ${name}`, status, STATUSES.join(", "));
  }
  if (order !== "start" && order !== "any") throw invalidOption(`the order of ${name}`, order, "start, any");
  if (!Array.isArray(children)) throw invalidOption(`the children of ${name}`, children, "an array");
  return { name, status, order, children: children.map(toNode) };
}

interface Level {
  indent: number;
  children: ExpectedNode[];
}

function parseText(text: string): ExpectedNode[] {
  const roots: ExpectedNode[] = [];
  const levels: Level[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const indent = line.length - line.trimStart().length;
    const siblings = siblingsAt(levels, indent, roots);
    if (siblings === undefined) {
      throw new TracingError(
        "invalid-option",
        `Line ${index + 1} of the tree is indented like no line above it.`,
        {
          hint: "Give children of one span the same indentation.",
        },
      );
    }
    let at = siblings;
    for (const part of line.trim().split(/\s+>\s+/)) {
      const node = lineNode(part);
      at.push(node);
      at = node.children;
    }
    levels.push({ indent, children: at });
  }
  return roots;
}

/** Where a line of this indentation goes, once the levels that it closes are off; undefined when it fits nowhere. */
function siblingsAt(levels: Level[], indent: number, roots: ExpectedNode[]): ExpectedNode[] | undefined {
  let closed: Level | undefined;
  for (let last = levels.at(-1); last !== undefined && last.indent >= indent; last = levels.at(-1)) {
    closed = levels.pop();
  }
  if (closed !== undefined && closed.indent !== indent) return undefined;
  return levels.at(-1)?.children ?? roots;
}

function lineNode(text: string): ExpectedNode {
  const node: ExpectedNode = { name: text.trim(), status: undefined, order: "start", children: [] };
  for (let found = FLAG.exec(node.name); found !== null; found = FLAG.exec(node.name)) {
    if (found[1] === ANY_ORDER) node.order = "any";
    else node.status = found[1] as TraceStatus;
    node.name = node.name.slice(0, found.index);
  }
  return node;
}
