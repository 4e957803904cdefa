import { assignedName, isAmbiguousInProse } from "./assigned-name.ts";
import { type AssignedValue, assignedValue } from "./assigned-value.ts";
import { indentedValue } from "./indented-value.ts";
import { NamedEntries } from "./named-entries.ts";
import { type Ranges, REDACTED } from "./ranges.ts";
import { authorityAt, bareUserInfo, userInfo } from "./user-info.ts";

/**
 * Adds what a colon or an equals sign gives away: the value of a name that announces a secret, the password in a
 * URL, a Telegram bot token.
 *
 * Every look back from a separator is bounded, and the scan goes on behind whatever it took, so that the cost is
 * linear in the length of the text.
 */
export function findAssignments(text: string, isSecretName: (name: string) => boolean, found: Ranges): void {
  const colons = cursor(text, ":");
  const equals = cursor(text, "=");
  const others = ["%3", "\\u003"].flatMap((wanted) => (text.includes(wanted) ? cursor(text, wanted) : []));
  const entries = new NamedEntries(text, isSecretName);
  let from = 0;
  for (;;) {
    let at = Math.min(colons(from), equals(from));
    for (const next of others) at = Math.min(at, next(from));
    if (at === Number.POSITIVE_INFINITY) return;
    from = separatorAt(text, at, isSecretName, entries, found);
  }
}

/** Finds the next occurrence from a position that never moves back. */
function cursor(text: string, wanted: string): (from: number) => number {
  let next = -1;
  return (from) => {
    if (next < from) {
      const index = text.indexOf(wanted, from);
      next = index === -1 ? Number.POSITIVE_INFINITY : index;
    }
    return next;
  };
}

/** A colon or an equals sign, as it is, percent-encoded, or escaped as in JSON. */
const SEPARATOR = /[:=]|%3[AaDd]|\\u003[AaDd]/y;

function separatorLength(text: string, at: number): number | undefined {
  if (text[at] === ":" || text[at] === "=") return 1;
  SEPARATOR.lastIndex = at;
  return SEPARATOR.exec(text)?.[0].length;
}

/** Looks at one separator and returns where to go on. */
function separatorAt(
  text: string,
  at: number,
  isSecretName: (name: string) => boolean,
  entries: NamedEntries,
  found: Ranges,
): number {
  const length = separatorLength(text, at);
  if (length === undefined) return at + 1;
  const after = at + length;
  const colon = /[:Aa]/.test(text[after - 1] ?? "");
  const encoded = text[at] === "%";
  if (colon) {
    const authority = authorityAt(text, after);
    if (authority !== undefined) return userInfo(text, authority, found);
    const tokenEnd = botToken(text, at, after, found) ?? bareUserInfo(text, at, after, found);
    if (tokenEnd !== undefined) return tokenEnd;
  }
  // What is encoded together with its name is found where it is decoded.
  if (encoded) return after;
  const name = assignedName(text, text[at] === "\\" ? beforeSlashes(text, at) : at, isSecretName);
  if (name === undefined) return takeValue(text, after, entries.valueAt(at, after), found);
  if (colon && isAmbiguousInProse(name)) return after;
  const below = colon && !name.quoted ? indentedValue(text, name.start, after) : undefined;
  return takeValue(text, after, below ?? assignedValue(text, after, name), found);
}

/** Each level of escaping doubles the backslashes in front of an escape. */
function beforeSlashes(text: string, at: number): number {
  let end = at;
  while (end > 0 && at - end < 7 && text[end - 1] === "\\") end--;
  return end;
}

/** Adds the value of a secret, unless it was redacted before, and returns where it ends. */
function takeValue(text: string, after: number, value: AssignedValue | undefined, found: Ranges): number {
  if (value === undefined) return after;
  if (value.end > value.start && !text.startsWith(REDACTED, value.start)) found.push(value.start, value.end);
  return Math.max(value.end, after);
}

/** What may stand behind a number and a colon without being a token. */
const HASH_OR_UUID = /^(?:[0-9a-f]{32,128}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;
const TOKEN_CHARACTERS = /[A-Za-z0-9_-]*/y;

/** `<bot id>:<35 characters>`, which in the Bot API's URLs stands right behind `/bot` and may be any test token. */
function botToken(text: string, at: number, after: number, found: Ranges): number | undefined {
  let start = at;
  while (start > 0 && at - start < 17 && isDigit(text.charCodeAt(start - 1))) start--;
  const digits = at - start;
  if (digits < 3) return undefined;
  const inUrl = /(?:\/|%2f)bot$/i.test(text.slice(Math.max(0, start - 6), start));
  if (!inUrl && digits < 6) return undefined;
  TOKEN_CHARACTERS.lastIndex = after;
  const token = TOKEN_CHARACTERS.exec(text)?.[0] ?? "";
  const enough = inUrl ? 3 : text.startsWith("AA", after) && digits >= 8 ? 10 : 28;
  if (token.length < enough || (!inUrl && HASH_OR_UUID.test(token))) return undefined;
  found.push(start, after + token.length);
  return after + token.length;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
