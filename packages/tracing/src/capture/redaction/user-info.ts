import { type Ranges, REDACTED } from "./ranges.ts";

/** Where the authority of a URL begins, and whether it stands there percent-encoded. */
export interface AuthorityStart {
  at: number;
  encoded: boolean;
}

const SLASHES = /\/\/|\\{1,7}\/\\{1,7}\/|%2[Ff]%2[Ff]/y;

/** The authority behind a scheme's colon, whose two slashes may be escaped or encoded; undefined where there is none. */
export function authorityAt(text: string, after: number): AuthorityStart | undefined {
  if (!"/\\%".includes(text[after] ?? " ")) return undefined;
  SLASHES.lastIndex = after;
  const slashes = SLASHES.exec(text)?.[0];
  return slashes === undefined ? undefined : { at: after + slashes.length, encoded: slashes.startsWith("%") };
}

const AUTHORITY = /[^\s"'<>`\\/?#]*/y;
const ENCODED_AUTHORITY = /(?:[^\s"'<>`\\/?#&%]|%(?!2[Ff]|3[Ff]|23)[0-9A-Fa-f]{2})*/y;
/** How far behind the authority a password with a slash in it is looked for. */
const MAX_SLASHED_PASSWORD = 128;
/** As long as a token, so that a user name without a password is taken for one. */
const TOKEN_LENGTH = 16;

/** Adds `user:password` of a URL; a lone user name goes when it is as long as a token. Returns where to go on. */
export function userInfo(text: string, { at: start, encoded }: AuthorityStart, found: Ranges): number {
  const form = encoded ? ENCODED_AUTHORITY : AUTHORITY;
  form.lastIndex = start;
  const authority = form.exec(text)?.[0] ?? "";
  let end = start + authority.length;
  let at = encoded ? lastEncodedAt(authority) : authority.lastIndexOf("@");
  if (at === -1) {
    const password = /^[^:@[\]]*:(?!\d{0,5}$)/.test(authority);
    const rest = password ? /^[^\s"'<>`]*@/.exec(text.slice(end, end + MAX_SLASHED_PASSWORD)) : null;
    if (rest === null) return end;
    at = authority.length + rest[0].length - 1;
    end = start + at;
  }
  const user = text.slice(start, start + at);
  if (user !== REDACTED && (/:|%3[Aa]/.test(user) || user.length >= TOKEN_LENGTH)) {
    found.push(start, start + at);
  }
  return end;
}

function lastEncodedAt(authority: string): number {
  return Math.max(authority.lastIndexOf("%40"), authority.lastIndexOf("@"));
}

/** `password@host:5432` or `password@tcp(` behind a user's name and a colon, as drivers take it without a scheme. */
const BARE =
  /([^\s"'`<>@/:,;()[\]{}&]{3,128})@(?:[A-Za-z0-9][A-Za-z0-9.-]{0,252}:\d{2,5}(?!\w)|(?:tcp|unix)\()/y;
/** What a colon and an address may follow without a password. */
const SCHEME = /(?:^|[^\w.-])(?:mailto|sips?|xmpp|acct|skype|tel|ssh|git|im|to|from|cc|bcc)$/i;

/** Adds the password of `user:password@host:port`. Returns where to go on; undefined when there is none. */
export function bareUserInfo(text: string, at: number, after: number, found: Ranges): number | undefined {
  if (' "\n'.includes(text[after] ?? " ") || !/[\w.-]/.test(text[at - 1] ?? "")) return undefined;
  BARE.lastIndex = after;
  const password = BARE.exec(text)?.[1];
  if (password === undefined || SCHEME.test(text.slice(Math.max(0, at - 12), at))) return undefined;
  found.push(after, after + password.length);
  return after + password.length;
}
