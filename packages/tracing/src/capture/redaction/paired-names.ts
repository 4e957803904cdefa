import type { Redactor } from "./redact.ts";

/** Members that hold what the member beside them names. */
const VALUE_KEY = /^[vV]alues?$/;
const NAME_KEYS = ["name", "key", "Name", "Key", "header"];

/** Whether a member is the value of an entry such as `{ name: "Authorization", value: "..." }`. Reads no getter. */
export function isValueOfSecret(source: object, key: string, redactor: Redactor): boolean {
  return (
    key.length <= 6 &&
    VALUE_KEY.test(key) &&
    NAME_KEYS.some((nameKey) => namesSecret(source, nameKey, redactor))
  );
}

function namesSecret(source: object, nameKey: string, redactor: Redactor): boolean {
  try {
    const name: unknown = Object.getOwnPropertyDescriptor(source, nameKey)?.value;
    return typeof name === "string" && redactor.isSecretName(name);
  } catch {
    // A Proxy whose trap throws names nothing; its members are redacted by their own keys and texts all the same.
    return false;
  }
}

const SECRET_HEADER = /^(?:(?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]*(?:key|token|secret)|api-key)$/i;

/** What is longer is no header's name, and must not be gone through for every element. */
const LONGEST_HEADER = 256;

/**
 * Whether an array's element is the value that the one before it names: in a pair, or in a flat list of headers such as
 * Node's `rawHeaders`.
 */
export function followsSecretName(
  previous: unknown,
  value: unknown,
  index: number,
  length: number,
  redactor: Redactor,
): boolean {
  if (typeof previous !== "string" || index % 2 === 0 || length % 2 !== 0) return false;
  if (length > 2) {
    return typeof value === "string" && previous.length <= LONGEST_HEADER && SECRET_HEADER.test(previous);
  }
  // Two names beside each other are a list of names.
  return redactor.isSecretName(previous) && !(typeof value === "string" && redactor.isSecretName(value));
}
