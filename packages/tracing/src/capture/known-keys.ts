import { type JsonText, toJsonText } from "./json-text.ts";
import type { Redactor } from "./redaction/redact.ts";

/** What a walk needs to know of a key. */
export interface KnownKey {
  /** The key itself, redacted. */
  quoted: JsonText;
  secret: boolean;
}

const MAX_KEYS = 2_000;
/** Longer keys are data rather than names, and seldom come twice. */
const MAX_LENGTH = 64;

const known = new WeakMap<Redactor, Map<string, KnownKey>>();

/** Keys come again with every span, so what a redactor says of them is kept, up to a bound; undefined for a long key. */
export function knownKey(name: string, redactor: Redactor): KnownKey | undefined {
  if (name.length > MAX_LENGTH) return undefined;
  let keys = known.get(redactor);
  if (keys === undefined) {
    keys = new Map();
    known.set(redactor, keys);
  }
  let key = keys.get(name);
  if (key === undefined) {
    key = { quoted: toJsonText(redactor.text(name)), secret: redactor.isSecretName(name) };
    if (keys.size >= MAX_KEYS) keys.clear();
    keys.set(name, key);
  }
  return key;
}
