import type { z } from "zod";
import { ANSWER_SCHEMAS, type AnswerTo, type CoachTask } from "../coaching/task.ts";

export type TaskOf<K extends CoachTask["kind"]> = Extract<CoachTask, { kind: K }>;

export type ReadAnswer<T> =
  | { fits: true; answer: T }
  /** What is wrong, in a sentence that quotes no values. */
  | { fits: false; misfit: string };

const MAX_ISSUES = 5;
/** More braces than any answer has outside of strings; beyond, the text is no answer. */
const MAX_CANDIDATES = 50;

/** Finds the JSON of an answer, in a code fence or among other text, and checks that it fits the task. */
export function readAnswer<K extends CoachTask["kind"]>(
  task: TaskOf<K>,
  text: string,
): ReadAnswer<AnswerTo<K>> {
  const schema: z.ZodType = ANSWER_SCHEMAS[task.kind];
  let misfit = "it holds no JSON object.";
  for (const found of jsonObjectsIn(text)) {
    const read =
      "broken" in found ? { fits: false as const, misfit: found.broken } : check(task, schema, found.value);
    if (read.fits) return read as ReadAnswer<AnswerTo<K>>;
    misfit = read.misfit;
  }
  return { fits: false, misfit };
}

function check(task: CoachTask, schema: z.ZodType, value: unknown): ReadAnswer<unknown> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) return { fits: false, misfit: describe(parsed.error) };
  return task.kind === "assess"
    ? checkGrades(task, parsed.data as AnswerTo<"assess">)
    : { fits: true, answer: parsed.data };
}

function describe({ issues }: z.ZodError): string {
  const told = issues
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) => `${path.join(".") || "the answer"}: ${message}`);
  const more = issues.length > MAX_ISSUES ? `; and ${issues.length - MAX_ISSUES} more` : "";
  return `${told.join("; ")}${more}.`;
}

/** Every criterion needs a grade; what the rubric does not know is left out. */
function checkGrades(
  { exercise }: TaskOf<"assess">,
  answer: AnswerTo<"assess">,
): ReadAnswer<AnswerTo<"assess">> {
  const grades = exercise.rubric.flatMap(
    ({ id }) => answer.grades.find(({ criterion }) => criterion === id) ?? [],
  );
  const graded = new Set(grades.map(({ criterion }) => criterion));
  const missing = exercise.rubric.flatMap(({ id }) => (graded.has(id) ? [] : [id]));
  if (missing.length > 0) return { fits: false, misfit: `grades: there is none for ${missing.join(", ")}.` };
  return { fits: true, answer: { ...answer, grades } };
}

type Found = { value: unknown } | { broken: string };

/** The outermost objects of a text, in their order. */
function* jsonObjectsIn(text: string): Generator<Found> {
  let start = text.indexOf("{");
  for (let tries = 0; start >= 0 && tries < MAX_CANDIDATES; tries += 1) {
    const end = endOfObject(text, start);
    if (end === undefined) {
      yield { broken: "its JSON is cut off." };
      start = text.indexOf("{", start + 1);
      continue;
    }
    yield parse(text.slice(start, end));
    start = text.indexOf("{", end);
  }
}

function parse(json: string): Found {
  try {
    return { value: JSON.parse(json) };
  } catch (error) {
    if (error instanceof SyntaxError) return { broken: "its JSON cannot be parsed." };
    throw error;
  }
}

/** Where the object that starts here ends, braces in strings left aside; undefined when it does not. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (inString) {
      if (char === "\\") at += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{") depth += 1;
    else if (char === "}") {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}
