import type { AssignedName } from "./assigned-name.ts";
import { type AssignedValue, assignedValue } from "./assigned-value.ts";
import { type Ranges, REDACTED } from "./ranges.ts";

type IsSecretName = (name: string) => boolean;

/** A way of writing a secret's name and its value with something other than a separator between them. */
interface PairForm {
  /** Cheap to look for, and in every text that has the form. */
  hints: readonly string[];
  /** Global; ends where the value begins, and has the name as its group `name` where the form itself does not say it. */
  before: RegExp;
  /** The secret's range, for a match from `at` to `from`; undefined when there is none after all. */
  value: (text: string, from: number, name: string, at: number) => AssignedValue | undefined;
}

// All repetitions are bounded, so that an attempt that fails has looked at a bounded stretch.
const QUOTE = "\\\\{0,7}[\"'`]";
const SPACE = "\\s{0,32}";
const NAME = "(?<name>[^\"'`\\\\\\r\\n<>]{2,64})";

const HEADER_NAME =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]*(?:key|token|secret)|(?:x-)?api-key)$/i;
const CONSTANT = /^[A-Z][A-Z0-9]*_[A-Z0-9_]+$/;
/** A list of names, as in `["Authorization", "Content-Type"]`, holds no secret. */
const IS_NAME = /^[A-Za-z]+(?:-[A-Za-z]+)*$/;

const FORMS: readonly PairForm[] = [
  // ["Cookie", "..."], set("X-Api-Key", "..."), define('DB_PASSWORD', '...')
  {
    hints: ['",', "',", "`,"],
    before: new RegExp(`[[(,]${SPACE}${QUOTE}${NAME}${QUOTE}(?=${SPACE},${SPACE}${QUOTE})`, "g"),
    value: secondOfPair,
  },
  // <password>...</password>
  {
    hints: ["</", "&lt;/"],
    before:
      /(?:<|&lt;)(?<name>[A-Za-z_][\w:.-]{1,63})(?:\s(?:(?!&[lg]t;)[^<>]){0,256})?(?:>|&gt;)\s{0,64}(?:<!\[CDATA\[)?(?=[^<\s])/g,
    value: toTagEnd,
  },
  // ALTER ROLE app PASSWORD '...', IDENTIFIED BY '...'
  {
    hints: ["PASSWORD", "password", "Password", "IDENTIFIED", "identified"],
    before: new RegExp(
      `\\b(?:password|identified\\s{1,4}(?:with\\s{1,4}\\w{1,32}\\s{1,4})?by)\\s{1,8}(?=${QUOTE})`,
      "gi",
    ),
    value: (text, from) => assignedValue(text, from, toName("password", false)),
  },
  // machine example.org login app password ...
  {
    hints: ["login"],
    before: /\blogin\s{1,8}\S{1,64}\s{1,8}password\s{1,8}(?=\S)/g,
    value: (text, from) => assignedValue(text, from, toName("password", false)),
  },
  // --api-key ...
  {
    hints: ["--"],
    before: /(?:^|[\s"'`[])--(?<name>[A-Za-z][\w.-]{1,63})[ \t]{1,8}(?=[^\s-])/g,
    value: (text, from, name) => assignedValue(text, from, toName(name, false)),
  },
  // ENV API_KEY ... of a Dockerfile, setx, setenv
  {
    hints: ["ENV ", "ARG ", "setx ", "setenv "],
    before:
      /(?:^|\n|\\n)[ \t]{0,16}(?:ENV|ARG|setx|setenv)[ \t]{1,8}(?<name>[A-Za-z_]\w{1,63})[ \t]{1,8}(?=[^\s=])/g,
    value: (text, from, name) => assignedValue(text, from, toName(name, false)),
  },
  // curl -u user:password
  {
    hints: ["curl"],
    before: /\s(?:-u|--user|--proxy-user)[ \t=]{1,4}(?:\\{0,7}["'])?[^\s:"']{0,64}:(?=[^\s"'])/g,
    value: (text, from, _, at) =>
      /(?:\b|\\[nrt])curl\b[^\r\n]{0,512}$/.test(text.slice(Math.max(0, at - 512), at))
        ? assignedValue(text, from, toName("password", false))
        : undefined,
  },
];

/** Adds what is told to be a secret by a name that stands beside it without a separator. Linear in the length of the text. */
export function findPairs(text: string, isSecretName: IsSecretName, found: Ranges): void {
  for (const { hints, before, value } of FORMS) {
    if (!hints.some((hint) => text.includes(hint))) continue;
    before.lastIndex = 0;
    for (let match = before.exec(text); match !== null; match = before.exec(text)) {
      const name = match.groups?.name;
      if (name !== undefined && !isSecretName(withoutNamespace(name))) continue;
      const range = value(text, before.lastIndex, name ?? "", match.index);
      if (range === undefined || range.end <= range.start) continue;
      if (!text.startsWith(REDACTED, range.start)) found.push(range.start, range.end);
      before.lastIndex = Math.max(range.end, before.lastIndex);
    }
  }
}

function toName(text: string, quoted: boolean): AssignedName {
  return { text, start: 0, quoted, enclosing: undefined };
}

function withoutNamespace(name: string): string {
  return name.slice(name.lastIndexOf(":") + 1);
}

function toTagEnd(text: string, from: number): AssignedValue {
  const end = /\]\]>|<|&lt;/g;
  end.lastIndex = from;
  return { start: from, end: end.exec(text)?.index ?? text.length };
}

/** Where code hands over a name, only headers and constants are taken for one, so that `field("password", "text")` stays. */
function secondOfPair(text: string, from: number, name: string): AssignedValue | undefined {
  const value = assignedValue(text, text.indexOf(",", from) + 1, toName(name, true));
  if (value === undefined) return undefined;
  const second = text.slice(value.start, Math.min(value.end, value.start + 64));
  if (IS_NAME.test(second)) return undefined;
  const closed = /^\\{0,7}["'`]\s{0,32}\]/.test(text.slice(value.end, value.end + 48));
  return closed || HEADER_NAME.test(name) || CONSTANT.test(name) ? value : undefined;
}
