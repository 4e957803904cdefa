/**
 * A value as far as a test expects something of it: of an object the members that are named, of anything else all.
 *
 * A regular expression stands for a text that it matches, a function for a value that it returns true for, and an
 * asymmetric matcher, such as Vitest's `expect.any(Number)`, for what it accepts.
 */
export type Partially<T> = { readonly [K in keyof T]?: unknown };

interface AsymmetricMatcher {
  asymmetricMatch(actual: unknown): boolean;
}

export function matchesPartially(actual: unknown, expected: unknown): boolean {
  const accepts = matcherOf(expected);
  if (accepts !== undefined) return accepts(actual);
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, index) => matchesPartially(actual[index], item))
    );
  }
  if (!isPlain(expected)) return Object.is(actual, expected);
  return (
    isPlain(actual) && Object.keys(expected).every((key) => matchesPartially(actual[key], expected[key]))
  );
}

/** What there is where something is expected, so that the two differ only where they do not match. */
export function projectOnto(actual: unknown, expected: unknown): unknown {
  const accepts = matcherOf(expected);
  if (accepts !== undefined) return accepts(actual) ? expected : actual;
  if (Array.isArray(expected) && Array.isArray(actual)) {
    return actual.map((item, index) => (index in expected ? projectOnto(item, expected[index]) : item));
  }
  if (!isPlain(expected) || !isPlain(actual)) return actual;
  const named = Object.keys(expected).filter((key) => key in actual);
  return Object.fromEntries(named.map((key) => [key, projectOnto(actual[key], expected[key])]));
}

/** How many of the outermost members match. */
export function matchingMembers(actual: unknown, expected: object): number {
  return Object.entries(expected).filter(
    ([key, value]) => isPlain(actual) && matchesPartially(actual[key], value),
  ).length;
}

function matcherOf(expected: unknown): ((actual: unknown) => boolean) | undefined {
  if (expected instanceof RegExp) {
    return (actual) => typeof actual === "string" && actual.search(expected) !== -1;
  }
  if (isAsymmetric(expected)) return (actual) => expected.asymmetricMatch(actual);
  if (typeof expected === "function") return (actual) => expected(actual) === true;
  return undefined;
}

function isAsymmetric(value: unknown): value is AsymmetricMatcher {
  return (
    typeof value === "object" &&
    value !== null &&
    "asymmetricMatch" in value &&
    typeof value.asymmetricMatch === "function"
  );
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
