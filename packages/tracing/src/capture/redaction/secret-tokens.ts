import type { Ranges } from "./ranges.ts";

/** A credential that can be told by how it begins. */
interface TokenShape {
  prefix: string;
  /** Sticky; tried where the prefix stands. */
  body: RegExp;
  /** The prefix is also an ordinary part of words, so it counts only at the start of one. */
  wordStart?: boolean;
  /** Where in the match the secret begins, or undefined when it is none after all. */
  secretStart?: (match: RegExpExecArray) => number | undefined;
}

// No body has two repetitions that can take the same characters in turn, and none is retried inside what it took.
const WORD = "[A-Za-z0-9_-]";
const ALNUM = "[A-Za-z0-9]";

/** Class names such as `sk-folding-cube`; a key has digits or capitals in it. */
const HYPHENATED_WORDS = /^[a-z]{1,12}(?:-[a-z]{1,12}){2,12}$/;

function shape(prefix: string, tail: string, extra: Partial<TokenShape> = {}): TokenShape {
  return { prefix, body: new RegExp(prefix.replace(/[.]/g, "\\.") + tail, "y"), ...extra };
}

const SHAPES: TokenShape[] = [
  shape("sk-", `(?:(?:ant|or|proj|svcacct|admin|lf|live|test)-${WORD}{3,}|${WORD}{10,})`, {
    wordStart: true,
    secretStart: ({ 0: found, index }) =>
      (found.length >= 23 && !HYPHENATED_WORDS.test(found)) || /\d/.test(found) ? index : undefined,
  }),
  ...["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"].map((prefix) =>
    shape(prefix, `${ALNUM}{8,}`),
  ),
  ...["ghp_", "gho_", "ghu_", "ghs_", "ghr_"].map((prefix) => shape(prefix, `${ALNUM}{16,}`)),
  shape("github_pat_", "[A-Za-z0-9_]{16,}"),
  shape("glpat-", `${WORD}{16,}`),
  ...["xoxa", "xoxb", "xoxc", "xoxd", "xoxe", "xoxo", "xoxp", "xoxr", "xoxs"].map((prefix) =>
    shape(prefix, "[.-][A-Za-z0-9%.-]{8,}"),
  ),
  shape("xapp-", "[A-Za-z0-9-]{8,}"),
  shape("hooks.slack.com/", "(?:services|workflows|triggers)/[A-Za-z0-9/]{8,}"),
  shape("discord.com/api/webhooks/", "\\d{1,32}/[A-Za-z0-9_-]{8,}"),
  // In an exported file the secret key stands right behind its id.
  ...["AKIA", "ASIA", "ABIA", "ACCA"].map((prefix) =>
    shape(prefix, "[A-Z0-9]{16,}(?:[\"',;:|\\s]{1,8}[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+]))?"),
  ),
  shape("AIza", `${WORD}{20,}`),
  shape("ya29.", `${WORD}{20,}`),
  shape("GOCSPX-", `${WORD}{16,}`),
  shape("ik_", `${WORD}{8,}`, { wordStart: true }),
  shape("anon_", `${ALNUM}{24,}`, { wordStart: true }),
  ...["npm_", "hf_", "gsk_", "sbp_", "shpat_", "shpca_", "shppa_", "shpss_", "lin_api_", "ntn_", "r8_"].map(
    (prefix) => shape(prefix, `${ALNUM}{20,}`, { wordStart: true }),
  ),
  ...["sb_secret_", "dop_v1_", "lsv2_pt_", "lsv2_sk_", "xai-", "pplx-", "figd_", "nvapi-", "hvs."].map(
    (prefix) => shape(prefix, `${WORD}{16,}`, { wordStart: true }),
  ),
  ...["pypi-", "dckr_pat_", "glsa_", "sntrys_"].map((prefix) =>
    shape(prefix, `${WORD}{24,}`, { wordStart: true }),
  ),
  shape("AGE-SECRET-KEY-1", "[A-Z0-9]{16,}", { wordStart: true }),
  shape("SG.", `${WORD}{16,}\\.${WORD}{16,}`, { wordStart: true }),
  // RFC 7519: the header is a JSON object, so its base64url begins with "eyJ"; what follows may be cut.
  shape("eyJ", `${WORD}{5,}(?:\\.${WORD}*){0,4}`, {
    wordStart: true,
    secretStart: ({ 0: found, index }) => (/\.[A-Za-z0-9_-]/.test(found) ? index : undefined),
  }),
  ...["Bearer", "bearer", "BEARER"].map((prefix) =>
    shape(prefix, "[\\s+]{1,8}([\\w.~+/=%-]+)", { secretStart: bearerStart }),
  ),
  ...["Basic", "basic", "BASIC"].map((prefix) =>
    shape(prefix, "[\\s+]{1,8}([\\w+/=%-]{6,})", { secretStart: basicStart }),
  ),
  // A key whose end was cut off runs to the end of the text.
  shape("-----BEGIN ", "[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"),
];

const BY_PREFIX = new Map(SHAPES.map((entry) => [entry.prefix, entry]));
const PEM_BEGIN = "-----BEGIN ";
const PEM_END = "-----END ";

// Sorted, so that the engine can share common beginnings.
const PREFIXES = new RegExp(
  [...BY_PREFIX.keys(), PEM_END]
    .sort()
    .map((prefix) => prefix.replace(/[.]/g, "\\."))
    .join("|"),
  "g",
);

/** What a token may begin with, for whoever wants to try hostile ones. */
export const TOKEN_PREFIXES: readonly string[] = [...BY_PREFIX.keys()];

/** Adds the range of every credential that its own form gives away. Linear in the length of the text. */
export function findTokens(text: string, found: Ranges): void {
  PREFIXES.lastIndex = 0;
  for (let hit = PREFIXES.exec(text); hit !== null; hit = PREFIXES.exec(text)) {
    const prefix = hit[0];
    if (prefix === PEM_END) {
      addKeyTail(text, hit.index, found);
      continue;
    }
    const entry = BY_PREFIX.get(prefix);
    if (entry === undefined || (entry.wordStart && !startsWord(text, hit.index))) continue;
    entry.body.lastIndex = hit.index;
    const match = entry.body.exec(text);
    if (match === null) continue;
    let end = match.index + match[0].length;
    if (prefix === PEM_BEGIN) end = keyEnd(text, end);
    const start = entry.secretStart ? entry.secretStart(match) : match.index;
    if (start !== undefined) found.push(start, end);
    PREFIXES.lastIndex = end;
  }
}

/** Prose about the scheme, as in "Bearer token missing". */
const NOT_A_BEARER =
  /^(?:tokens?|auth|authentication|authorization|realm|scheme|schemes|of|and|or|is|was|not|header|error)\b/i;

function bearerStart(match: RegExpExecArray): number | undefined {
  const token = match[1] ?? "";
  if (NOT_A_BEARER.test(token)) return undefined;
  if (match[0].startsWith("b") && token.length < 20 && /^[a-z]+$/.test(token)) return undefined;
  return match.index + match[0].length - token.length;
}

/** "Basic questions" is prose, "Basic dXNlcjpwYXNz" is base64. */
function basicStart(match: RegExpExecArray): number | undefined {
  const token = match[1] ?? "";
  const prose = /^(?:[A-Za-z]?[a-z]+|[A-Z]+)(?:-[a-z]+)*$/.test(token);
  if (prose && !Buffer.from(token, "base64").toString("latin1").includes(":")) return undefined;
  return match.index + match[0].length - token.length;
}

/** Past the closing line of the key whose opening line ends at `from`. */
function keyEnd(text: string, from: number): number {
  const closing = text.indexOf(PEM_END, from);
  if (closing === -1) return text.length;
  const dashes = text.indexOf("-----", closing + PEM_END.length);
  return dashes === -1 ? text.length : dashes + 5;
}

/** A closing line without its opening one: the base64 before it is what is left of a key. */
function addKeyTail(text: string, at: number, found: Ranges): void {
  const label = text.slice(at, at + 80);
  if (!/^-----END [A-Z0-9 ]{0,40}PRIVATE KEY/.test(label)) return;
  const floor = found[found.length - 1] ?? 0;
  let start = at;
  while (start > floor && isKeyBody(text.charCodeAt(start - 1))) start--;
  if (start < at) found.push(start, at);
}

function isKeyBody(code: number): boolean {
  return (
    isAlnum(code) ||
    code === 0x2b ||
    code === 0x2f ||
    code === 0x3d ||
    code === 0x5c ||
    code === 0x0a ||
    code === 0x0d
  );
}

export function isAlnum(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

const ESCAPE_BEFORE = /(?:\\[nrtbfv]|%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\[[0-9;]{0,8}m)$/;

/** Whether a word begins at `index`: after no letter or digit, or after one that belongs to an escape. */
function startsWord(text: string, index: number): boolean {
  if (index === 0 || !isAlnum(text.charCodeAt(index - 1))) return true;
  return ESCAPE_BEFORE.test(text.slice(Math.max(0, index - 12), index));
}
