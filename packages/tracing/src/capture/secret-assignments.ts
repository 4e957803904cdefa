import { type AssignedName, assignedName, isAmbiguousInProse } from "./assigned-name.ts";
import { assignedValue } from "./assigned-value.ts";
import { type Ranges, REDACTED } from "./ranges.ts";

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
  const encoded = cursor(text, "%3");
  let from = 0;
  for (;;) {
    const at = Math.min(colons(from), equals(from), encoded(from));
    if (at === Number.POSITIVE_INFINITY) return;
    from = separatorAt(text, at, isSecretName, found);
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

/** Looks at one separator and returns where to go on. */
function separatorAt(
  text: string,
  at: number,
  isSecretName: (name: string) => boolean,
  found: Ranges,
): number {
  let after = at + 1;
  let colon = text[at] === ":";
  if (text[at] === "%") {
    const kind = text[at + 2];
    if (kind !== "A" && kind !== "a" && kind !== "D" && kind !== "d") return after;
    colon = kind === "A" || kind === "a";
    after = at + 3;
  }
  if (colon) {
    if (text.startsWith("//", after)) return userInfo(text, after + 2, found);
    const tokenEnd = botToken(text, at, after, found);
    if (tokenEnd !== undefined) return tokenEnd;
  }
  const name = assignedName(text, at, isSecretName);
  if (name === undefined || (colon && isAmbiguousInProse(name))) return after;
  return takeValue(text, after, name, found);
}

/** Adds the value that follows a secret's name, unless it was redacted before, and returns where it ends. */
function takeValue(text: string, after: number, name: AssignedName, found: Ranges): number {
  const value = assignedValue(text, after, name);
  if (value === undefined) return after;
  if (value.end > value.start && !text.startsWith(REDACTED, value.start)) found.push(value.start, value.end);
  return Math.max(value.end, after);
}

const FLAG = /(?:^|[\s"'`[])--([A-Za-z][\w-]{1,63})[ \t]{1,8}(?=[^\s-])/g;

/** Adds the value of `--api-key value`. */
export function findFlags(text: string, isSecretName: (name: string) => boolean, found: Ranges): void {
  if (!text.includes("--")) return;
  for (const match of text.matchAll(FLAG)) {
    const name = match[1] ?? "";
    if (!isSecretName(name)) continue;
    takeValue(
      text,
      match.index + match[0].length,
      { text: name, quoted: false, enclosing: undefined },
      found,
    );
  }
}

const TOKEN_CHARACTERS = /[A-Za-z0-9_-]*/y;

/** `<bot id>:<35 characters>`, which in the Bot API's URLs stands right behind `/bot` and may be any test token. */
function botToken(text: string, at: number, after: number, found: Ranges): number | undefined {
  let start = at;
  while (start > 0 && at - start < 17 && isDigit(text.charCodeAt(start - 1))) start--;
  const digits = at - start;
  if (digits < 3) return undefined;
  const inUrl = text.startsWith("/bot", start - 4);
  if (!inUrl && digits < 6) return undefined;
  TOKEN_CHARACTERS.lastIndex = after;
  const length = TOKEN_CHARACTERS.exec(text)?.[0].length ?? 0;
  const enough = inUrl ? 3 : text.startsWith("AA", after) && digits >= 8 ? 10 : 28;
  if (length < enough) return undefined;
  found.push(start, after + length);
  return after + length;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

const AUTHORITY = /[^\s"'<>`\\/?#]*/y;
/** How far behind the authority a password with a slash in it is looked for. */
const MAX_SLASHED_PASSWORD = 128;

/** `user:password@` of a URL whose authority begins at `start`; a lone user name goes when it is as long as a token. */
function userInfo(text: string, start: number, found: Ranges): number {
  AUTHORITY.lastIndex = start;
  const authority = AUTHORITY.exec(text)?.[0] ?? "";
  let end = start + authority.length;
  let at = authority.lastIndexOf("@");
  if (at === -1) {
    const password = /^[^:@[\]]*:(?!\d{0,5}$)/.test(authority);
    const rest = password ? /^[^\s"'<>`]*@/.exec(text.slice(end, end + MAX_SLASHED_PASSWORD)) : null;
    if (rest === null) return end;
    at = authority.length + rest[0].length - 1;
    end = start + at;
  }
  const user = text.slice(start, start + at);
  if (user !== REDACTED && (user.includes(":") || user.includes("%3A") || user.length >= 16)) {
    found.push(start, start + at);
  }
  return end;
}
