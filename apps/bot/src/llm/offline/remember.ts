import type { Notes } from "../../coaching/task.ts";
import { OFFLINE_NOTICE } from "./offline-notice.ts";
import { clip } from "./text/clip.ts";
import { contentStems, toWords } from "./text/words.ts";

/** How a note about a deal begins; what it says is of no use for another deal. */
export const DEAL_NOTE = "Works on a deal:";

const MAX_NOTES = 8;
const MAX_NOTE_CHARACTERS = 280;
/** Parts of an event that are the rep's own text or the exercise's, and say nothing that lasts. */
const PASSING =
  /^(?:answer|model ?answer|draft ?message|notes|tactics|analysis|scenario|task|exercise\.rubric)$/i;

/** Puts what has happened before what was known, without saying anything twice. */
export function remember(notes: readonly string[], event: string): Notes {
  const candidates = [toNote(event), ...notes]
    .map((note) => clip(note, MAX_NOTE_CHARACTERS))
    .filter((note) => note !== "");
  const kept: { note: string; stems: Set<string> }[] = [];
  for (const note of candidates) {
    const stems = new Set(contentStems(toWords(note)));
    if (!kept.some((other) => other.note === note || likeness(stems, other.stems) > 0.75))
      kept.push({ note, stems });
  }
  return { notes: kept.slice(0, MAX_NOTES).map(({ note }) => note) };
}

function likeness(stems: ReadonlySet<string>, others: ReadonlySet<string>): number {
  if (stems.size === 0 || others.size === 0) return 0;
  const shared = [...stems].filter((word) => others.has(word)).length;
  return shared / Math.max(stems.size, others.size);
}

function toNote(event: string): string {
  const plain = event.slice(0, 20_000).replaceAll(OFFLINE_NOTICE, " ");
  const values = toValues(plain);
  const score = find(values, /(?:^|\.)score$/i);
  const exercise = find(values, /^exercise$|exercise\.title$|(?:^|\.)title$/i);
  const improvements = find(values, /improvements?$/i);
  const strengths = find(values, /strengths?$/i);
  if (score !== undefined) {
    const parts = [`Scored ${score}${exercise === undefined ? "" : ` in "${clip(exercise, 60)}"`}`];
    if (strengths !== undefined) parts.push(`did well: ${topic(strengths)}`);
    if (improvements !== undefined) parts.push(`to practise: ${topic(improvements)}`);
    return `${parts.join("; ")}.`;
  }
  const deal = find(values, /(?:^|\.)deal$/i);
  if (deal !== undefined) {
    const risk = find(values, /risks?$/i);
    return `${DEAL_NOTE} ${clip(deal, 150)}${risk === undefined ? "" : ` Main risk: ${clip(risk, 100)}`}`;
  }
  const rest = [...values]
    .filter(([name]) => !PASSING.test(name))
    .map(([name, value]) => (name === "" ? value : `${name}: ${value}`));
  return rest.length > 0 ? rest.join("; ") : plain;
}

/** What an advice is about: the words before its explanation. */
function topic(advice: string): string {
  return clip(advice.split(/:|(?<=\w{3})[.;]/)[0] ?? advice, 90);
}

function find(values: ReadonlyMap<string, string>, name: RegExp): string | undefined {
  return [...values].find(([key, value]) => name.test(key) && value !== "")?.[1];
}

/** The named values of an event: a line each, where a value may be JSON; a line without a name has the name "". */
function toValues(event: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of event.split("\n")) {
    const named = /^([A-Za-z_][\w.]{0,40}):\s*(.*)$/.exec(line.trim());
    const name = named?.[1] ?? "";
    const text = (named?.[2] ?? line).trim();
    for (const [path, value] of flatten(name, parsed(text) ?? text, 0)) {
      // What comes later is the pipeline's; a rep's own text stands before it and could look like it.
      values.set(path, path === "" ? [values.get(path), value].filter(Boolean).join(" ") : value);
    }
  }
  return values;
}

function parsed(text: string): unknown {
  if (!/^[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch (_notJson) {
    return undefined;
  }
}

function flatten(name: string, value: unknown, depth: number): [string, string][] {
  if (value === null || value === undefined || depth > 4) return [];
  if (Array.isArray(value)) return flatten(name, value[0], depth + 1);
  if (typeof value !== "object") return [[name, String(value)]];
  return Object.entries(value).flatMap(([key, item]) =>
    flatten(name === "" ? key : `${name}.${key}`, item, depth + 1),
  );
}
