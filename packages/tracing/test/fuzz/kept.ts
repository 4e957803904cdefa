/** What is to be kept of a value: JSON, with texts that are known by their form alone. */
export type Kept =
  | { json: string | number | boolean | null }
  | { like: RegExp }
  | { list: readonly Kept[] }
  /** In any order. */
  | { members: readonly (readonly [string, Kept])[] };

const CUT_TEXT = /^(.*)…\[truncated, (\d+) chars\]$/s;
const MORE_ITEMS = /^\[truncated, (\d+) more\]$/;
const MORE_MEMBERS = /^\d+ more$/;
const IN_PLACE_OF_ANYTHING = /^\[truncated(?:, depth \d+)?\]$/;

/**
 * The first difference between what was kept and what was to be kept; undefined when there is none. With `cut`, things may
 * be missing, as long as what is there is right and says so.
 */
export function difference(actual: unknown, kept: Kept, cut = false, path = "$"): string | undefined {
  const differs = () => `${path}: ${JSON.stringify(actual)?.slice(0, 300)} where ${shown(kept)} was to be`;
  if (cut && typeof actual === "string" && IN_PLACE_OF_ANYTHING.test(actual)) return undefined;
  if ("like" in kept) {
    const isLike = typeof actual === "string" && (kept.like.test(actual) || (cut && CUT_TEXT.test(actual)));
    return isLike ? undefined : differs();
  }
  if ("json" in kept) {
    const same = Object.is(actual, kept.json) || (cut && isCutText(actual, kept.json));
    return same ? undefined : differs();
  }
  if ("list" in kept) return Array.isArray(actual) ? listDifference(actual, kept.list, cut, path) : differs();
  const isObject = typeof actual === "object" && actual !== null && !Array.isArray(actual);
  return isObject ? memberDifference(actual, kept.members, cut, path) : differs();
}

function isCutText(actual: unknown, whole: unknown): boolean {
  if (typeof actual !== "string" || typeof whole !== "string") return false;
  const [, beginning = "", length] = CUT_TEXT.exec(actual) ?? [];
  return length !== undefined && whole.startsWith(beginning) && Number(length) === whole.length;
}

function listDifference(
  actual: readonly unknown[],
  list: readonly Kept[],
  cut: boolean,
  path: string,
): string | undefined {
  const last = actual.at(-1);
  const [, more] = cut && typeof last === "string" ? (MORE_ITEMS.exec(last) ?? []) : [];
  const items = more === undefined ? actual : actual.slice(0, -1);
  const missing = list.length - items.length;
  if (cut ? missing < 0 : missing !== 0) return `${path}: ${items.length} items of ${list.length}`;
  if (more !== undefined && Number(more) !== missing)
    return `${path}: ${more} more, and ${missing} are missing`;
  for (const [index, item] of items.entries()) {
    const found = difference(item, list[index] as Kept, cut, `${path}[${index}]`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function memberDifference(
  actual: object,
  members: readonly (readonly [string, Kept])[],
  cut: boolean,
  path: string,
): string | undefined {
  const wanted = new Map(members);
  for (const key of Object.keys(actual)) {
    const value: unknown = Object.getOwnPropertyDescriptor(actual, key)?.value;
    if (cut && key === "[truncated]" && MORE_MEMBERS.test(String(value))) continue;
    const whole = wanted.has(key) ? key : [...wanted.keys()].find((name) => cut && isCutText(key, name));
    const kept = whole === undefined ? undefined : wanted.get(whole);
    if (kept === undefined) return `${path}: a member ${JSON.stringify(key)} that nobody gave it`;
    const found = difference(value, kept, cut, `${path}.${key}`);
    if (found !== undefined) return found;
    wanted.delete(whole as string);
  }
  return cut || wanted.size === 0 ? undefined : `${path}: no member ${JSON.stringify([...wanted.keys()])}`;
}

/** For messages. */
export function shown(kept: Kept): string {
  if ("like" in kept) return String(kept.like);
  if ("json" in kept) return JSON.stringify(kept.json);
  if ("list" in kept) return `[${kept.list.map(shown).join(", ")}]`;
  return `{${kept.members.map(([key, value]) => `${JSON.stringify(key)}: ${shown(value)}`).join(", ")}}`;
}
