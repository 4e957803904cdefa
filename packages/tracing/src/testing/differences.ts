/** One item of two lists laid over each other. */
export interface Difference<A, B> {
  /** Undefined when only the other list has it. */
  actual?: A;
  expected?: B;
}

/** Lays two lists over each other along their longest common subsequence, in the order of both. */
export function differences<A, B>(
  actual: readonly A[],
  expected: readonly B[],
  equal: (actual: A, expected: B) => boolean,
): Difference<A, B>[] {
  const common = commonLengths(actual, expected, equal);
  const length = (a: number, e: number) => common[a]?.[e] ?? 0;
  const result: Difference<A, B>[] = [];
  let a = 0;
  let e = 0;
  while (a < actual.length || e < expected.length) {
    const one = actual[a] as A;
    const other = expected[e] as B;
    if (a < actual.length && e < expected.length && equal(one, other)) {
      result.push({ actual: one, expected: other });
      a += 1;
      e += 1;
    } else if (a === actual.length || (e < expected.length && length(a, e + 1) >= length(a + 1, e))) {
      result.push({ expected: other });
      e += 1;
    } else {
      result.push({ actual: one });
      a += 1;
    }
  }
  return result;
}

/** Lines of both texts: `-` before those only expected, `+` before those only there. */
export function lineDifferences(actual: string, expected: string): string {
  const rows = differences(actual.split("\n"), expected.split("\n"), (a, b) => a === b);
  return rows
    .map((row) => {
      if (row.actual === undefined) return `- ${row.expected}`;
      return row.expected === undefined ? `+ ${row.actual}` : `  ${row.actual}`;
    })
    .join("\n");
}

/** `[a][e]`: how long the longest common subsequence is of what follows from `a` and from `e` on. */
function commonLengths<A, B>(
  actual: readonly A[],
  expected: readonly B[],
  equal: (actual: A, expected: B) => boolean,
): number[][] {
  const table = Array.from({ length: actual.length + 1 }, () =>
    new Array<number>(expected.length + 1).fill(0),
  );
  for (let a = actual.length - 1; a >= 0; a -= 1) {
    const row = table[a] as number[];
    const below = table[a + 1] as number[];
    for (let e = expected.length - 1; e >= 0; e -= 1) {
      row[e] = equal(actual[a] as A, expected[e] as B)
        ? (below[e + 1] ?? 0) + 1
        : Math.max(below[e] ?? 0, row[e + 1] ?? 0);
    }
  }
  return table;
}
