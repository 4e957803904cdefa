import { type AssignedValue, assignedValue } from "./assigned-value.ts";

const QUOTE = "\\\\{0,7}[\"'`]";
const SPACE = "\\s{0,32}";

/** Members that hold a name, and those that hold what it names. */
const MEMBERS: ReadonlySet<string> = new Set(["name", "key", "header", "value", "values"]);
const MAX_MEMBER = 6;
/** The name of a secret, in the string that follows. */
const NAME = new RegExp(`${SPACE}${QUOTE}([^"'\`\\\\\\r\\n]{2,64})${QUOTE}`, "y");
/** What stands between that string and the value of its entry. */
const VALUE_MEMBER = new RegExp(`${SPACE},?${SPACE}(?:${QUOTE})?values?(?:${QUOTE})?${SPACE}[:=]`, "iy");
/** What stands between the name of a form's field and its content. */
const FORM_FIELD = /(?:\r\n|\n|\\r\\n|\\n){2}/y;
/** A value that stands before its name. */
const EARLIER_VALUE = new RegExp(`${SPACE}${QUOTE}([^"'\`\\\\\\r\\n]{1,512})(?=${QUOTE})`, "dy");
const BETWEEN = /^[\\"'`\s,]{1,48}$/;
const LINE_END = /[\r\n]|\\[rn]/g;

/**
 * Finds the secret of an entry that has its name and its value in two members: `{"name": "Authorization", "value": "..."}`,
 * `<add key="password" value="..."/>`, the other way round, or a field of a form. Asked at each separator, in order.
 */
export class NamedEntries {
  readonly #text: string;
  readonly #isSecretName: (name: string) => boolean;
  #earlier: AssignedValue | undefined;

  constructor(text: string, isSecretName: (name: string) => boolean) {
    this.#text = text;
    this.#isSecretName = isSecretName;
  }

  /** The secret of the entry that has a member whose separator stands from `at` to `after`. */
  valueAt(at: number, after: number): AssignedValue | undefined {
    const text = this.#text;
    const member = memberBefore(text, at);
    if (member === undefined) return undefined;
    if (member.text.startsWith("value")) {
      EARLIER_VALUE.lastIndex = after;
      const [start, end] = EARLIER_VALUE.exec(text)?.indices?.[1] ?? [];
      this.#earlier = start === undefined || end === undefined ? undefined : { start, end };
      return undefined;
    }
    NAME.lastIndex = after;
    const name = NAME.exec(text)?.[1];
    if (name === undefined || !this.#isSecretName(name)) return undefined;
    return this.#valueBehind(name, NAME.lastIndex) ?? this.#valueBefore(member.start);
  }

  #valueBehind(name: string, from: number): AssignedValue | undefined {
    VALUE_MEMBER.lastIndex = from;
    if (VALUE_MEMBER.test(this.#text)) {
      const named = { text: name, start: from, quoted: true, enclosing: undefined };
      return assignedValue(this.#text, VALUE_MEMBER.lastIndex, named);
    }
    FORM_FIELD.lastIndex = from;
    if (!FORM_FIELD.test(this.#text)) return undefined;
    const start = FORM_FIELD.lastIndex;
    LINE_END.lastIndex = start;
    return { start, end: LINE_END.exec(this.#text)?.index ?? this.#text.length };
  }

  #valueBefore(memberStart: number): AssignedValue | undefined {
    const earlier = this.#earlier;
    if (earlier === undefined || memberStart - earlier.end > 48) return undefined;
    return BETWEEN.test(this.#text.slice(earlier.end, memberStart)) ? earlier : undefined;
  }
}

/** The member whose separator stands at `at`, in lower case, and where its name begins. */
function memberBefore(text: string, at: number): { text: string; start: number } | undefined {
  let end = at;
  while (end > 0 && at - end < 16 && isAround(text.charCodeAt(end - 1))) end--;
  let start = end;
  while (start > 0 && end - start <= MAX_MEMBER && isLetter(text.charCodeAt(start - 1))) start--;
  const length = end - start;
  if (length < 3 || length > MAX_MEMBER || /[\w-]/.test(text[start - 1] ?? "")) return undefined;
  const member = text.slice(start, end).toLowerCase();
  return MEMBERS.has(member) ? { text: member, start } : undefined;
}

/** Spaces, quotes and backslashes. */
function isAround(code: number): boolean {
  return (
    code === 0x20 ||
    code === 0x22 ||
    code === 0x27 ||
    code === 0x5c ||
    code === 0x60 ||
    code === 0x09 ||
    code === 0x0a ||
    code === 0x0d
  );
}

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
