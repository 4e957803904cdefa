import { differences } from "./differences.ts";
import { type ExpectedNode, marksOf } from "./expected-tree.ts";
import { flagsOf, type SpanNode } from "./trace-tree.ts";

/** Whether the spans are as expected, and both sides as texts that differ only where they are not. */
export interface TreeMatch {
  matches: boolean;
  actual: string;
  expected: string;
}

export function matchTrees(actual: readonly SpanNode[], expected: readonly ExpectedNode[]): TreeMatch {
  const actualLines: string[] = [];
  const expectedLines: string[] = [];
  showActual(actual, { children: expected, order: "start" }, 0, actualLines);
  showExpected(expected, 0, expectedLines);
  return {
    matches: childrenMatch(actual, { children: expected, order: "start" }),
    actual: actualLines.join("\n"),
    expected: expectedLines.join("\n"),
  };
}

type Children = Pick<ExpectedNode, "order"> & { children: readonly ExpectedNode[] };

function nodeMatches(actual: SpanNode, expected: ExpectedNode): boolean {
  return headMatches(actual, expected) && childrenMatch(actual.children, expected);
}

function headMatches({ span }: SpanNode, { name, status }: ExpectedNode): boolean {
  return span.name === name && (status === undefined || span.status === status);
}

function childrenMatch(actual: readonly SpanNode[], { children, order }: Children): boolean {
  if (actual.length !== children.length) return false;
  if (order === "any") return assign(actual, children, nodeMatches).size === children.length;
  return children.every((child, index) => {
    const other = actual[index];
    return other !== undefined && nodeMatches(other, child);
  });
}

/** The largest assignment of expected to actual nodes that match; each augments it along a path of others that move. */
function assign(
  actual: readonly SpanNode[],
  expected: readonly ExpectedNode[],
  matches: (actual: SpanNode, expected: ExpectedNode) => boolean,
): Map<SpanNode, ExpectedNode> {
  const assigned = new Map<SpanNode, ExpectedNode>();
  const place = (node: ExpectedNode, tried: Set<SpanNode>): boolean => {
    for (const candidate of actual) {
      if (tried.has(candidate) || !matches(candidate, node)) continue;
      tried.add(candidate);
      const holder = assigned.get(candidate);
      if (holder !== undefined && !place(holder, tried)) continue;
      assigned.set(candidate, node);
      return true;
    }
    return false;
  };
  for (const node of expected) place(node, new Set());
  return assigned;
}

interface Pair {
  actual: SpanNode;
  expected: ExpectedNode | undefined;
}

/** Each actual node with the expected one it is compared to, in the order in which they are shown. */
function pairsOf(actual: readonly SpanNode[], { children, order }: Children): Pair[] {
  if (order === "start") {
    const rows = differences(actual, children, ({ span }, { name }) => span.name === name);
    return rows.flatMap((row) => (row.actual ? [{ actual: row.actual, expected: row.expected }] : []));
  }
  const assigned = assign(actual, children, nodeMatches);
  const restOf = (taken: ReadonlySet<ExpectedNode>) => children.filter((child) => !taken.has(child));
  const byName = assign(
    actual.filter((node) => !assigned.has(node)),
    restOf(new Set(assigned.values())),
    ({ span }, { name }) => span.name === name,
  );
  const position = (node: SpanNode) => {
    const expected = assigned.get(node) ?? byName.get(node);
    return expected === undefined ? children.length : children.indexOf(expected);
  };
  return [...actual]
    .sort((a, b) => position(a) - position(b))
    .map((node) => ({ actual: node, expected: assigned.get(node) ?? byName.get(node) }));
}

function showActual(actual: readonly SpanNode[], expected: Children, depth: number, lines: string[]): void {
  for (const pair of pairsOf(actual, expected)) {
    lines.push(line(pair.actual.span.name, actualMarks(pair), depth));
    showActual(pair.actual.children, pair.expected ?? { children: [], order: "start" }, depth + 1, lines);
  }
}

/** What nothing is expected of is not shown as a difference. */
function actualMarks({ actual, expected }: Pair): string[] {
  if (expected === undefined) return flagsOf(actual);
  const { status } = actual.span;
  return marksOf({ ...expected, status: expected.status === undefined ? undefined : status });
}

function showExpected(expected: readonly ExpectedNode[], depth: number, lines: string[]): void {
  for (const node of expected) {
    lines.push(line(node.name, marksOf(node), depth));
    showExpected(node.children, depth + 1, lines);
  }
}

function line(name: string, marks: readonly string[], depth: number): string {
  return `${"  ".repeat(depth)}${name}${marks.map((mark) => ` [${mark}]`).join("")}`;
}
