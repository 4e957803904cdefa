import { redactEncoded } from "./percent-encoded.ts";
import { type Ranges, REDACTED, redactRanges } from "./ranges.ts";
import { findAssignments } from "./secret-assignments.ts";
import { compactName, isSecretName } from "./secret-names.ts";
import { findPairs } from "./secret-pairs.ts";
import { findTokens } from "./secret-tokens.ts";

/** What is redacted beyond the built-in rules, which always hold. */
export interface RedactOptions {
  /** Names whose values are secret. A string matches in any case and with any separators, a pattern anywhere in the name. */
  names?: readonly (string | RegExp)[];
  /** What is replaced wherever it stands in a text. Tested on texts of up to some 60,000 characters: keep them linear. */
  patterns?: readonly RegExp[];
  /**
   * Sees every text after everything else and returns what is kept. When it throws or returns anything but a
   * string, the whole text is replaced. It should depend on nothing but the text: what it says of keys is kept.
   */
  hook?: (text: string, context: RedactContext) => string;
}

/** Where a text that may hold a secret was found. */
export interface RedactContext {
  /** The key, attribute or header the text stands under, where there is one. */
  name?: string;
}

/** Replaces what must never leave the process. */
export interface Redactor {
  /** Whether the value under this key, header or attribute name is a secret. */
  isSecretName(name: string): boolean;
  /** The text with every secret in it replaced; `name` is what it stands under. Never throws. */
  text(value: string, name?: string): string;
}

/** What stands in a text's place when the hook failed on it. */
export const HOOK_FAILED = "[redacted: the redact hook failed]";

/** No built-in rule finds anything in a text shorter than this. */
const SHORTEST = 5;
/** A replacement can bring two halves of something together; more rounds than this have never anything to do. */
const MAX_ROUNDS = 4;
/** What is encoded more often than this is not looked into. */
const MAX_ENCODINGS = 5;
const MAX_CACHED_NAMES = 2_000;
const MAX_CACHED_LENGTH = 64;

/**
 * A redactor with the built-in rules and `options` on top: what capture uses, for a service's own logs and records. Its
 * cost is linear in the length of a text, which is not cut.
 *
 * @example
 * const { text } = createRedactor();
 * logger.info(text(`POST ${url} failed`));
 */
export function createRedactor(options: RedactOptions = {}): Redactor {
  const { hook } = options;
  const exactNames = new Set<string>();
  const namePatterns: RegExp[] = [];
  for (const name of options.names ?? []) {
    if (typeof name === "string") exactNames.add(compactName(name));
    else namePatterns.push(new RegExp(name.source, name.flags.replace(/[gy]/g, "")));
  }
  const patterns = (options.patterns ?? []).map(
    (pattern) => new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, "")}g`),
  );

  const isSecret = cached(
    (name) =>
      isSecretName(name) ||
      exactNames.has(compactName(name)) ||
      namePatterns.some((pattern) => pattern.test(name)),
  );

  const inOneForm = (value: string): string => {
    let text = value;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const found: Ranges = [];
      if (text.length >= SHORTEST) {
        findTokens(text, found);
        findAssignments(text, isSecret, found);
        findPairs(text, isSecret, found);
      }
      for (const pattern of patterns) findPattern(text, pattern, found);
      if (found.length === 0) return text;
      text = redactRanges(text, found);
    }
    return text;
  };
  const builtIn = (value: string, encodings = MAX_ENCODINGS): string => {
    const decodedIn = (decoded: string) => builtIn(decoded, encodings - 1);
    return inOneForm(encodings === 0 ? value : redactEncoded(value, decodedIn));
  };

  if (hook === undefined) return { isSecretName: isSecret, text: (value) => builtIn(value) };
  return {
    isSecretName: isSecret,
    text: (value, name) => afterHook(hook, builtIn(value), name === undefined ? {} : { name }),
  };
}

function afterHook(hook: NonNullable<RedactOptions["hook"]>, text: string, context: RedactContext): string {
  try {
    const result: unknown = hook(text, context);
    return typeof result === "string" ? result : HOOK_FAILED;
  } catch {
    return HOOK_FAILED;
  }
}

/** Adds every match of a pattern that is not inside an earlier replacement. */
function findPattern(text: string, pattern: RegExp, found: Ranges): void {
  for (const match of text.matchAll(pattern)) {
    const end = match.index + match[0].length;
    if (end === match.index) continue;
    const near = Math.max(0, match.index - REDACTED.length);
    const marker = text.slice(near, match.index + REDACTED.length).indexOf(REDACTED);
    if (marker !== -1 && near + marker <= match.index && end <= near + marker + REDACTED.length) continue;
    found.push(match.index, end);
  }
}

/** Names repeat from span to span, so their verdicts are kept, up to a bound. */
function cached(judge: (name: string) => boolean): (name: string) => boolean {
  const verdicts = new Map<string, boolean>();
  return (name) => {
    const known = verdicts.get(name);
    if (known !== undefined) return known;
    const verdict = judge(name);
    if (name.length <= MAX_CACHED_LENGTH) {
      if (verdicts.size >= MAX_CACHED_NAMES) verdicts.clear();
      verdicts.set(name, verdict);
    }
    return verdict;
  };
}
