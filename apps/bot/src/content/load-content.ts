import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import type { Exercise } from "../coaching/exercise.ts";
import { type Content, DIFFICULTIES, playbookSchema, scenariosSchema, trackSchema } from "./content.ts";
import { toMistakes } from "./mistakes.ts";
import { readYamlDocument, type YamlDocument, type YamlPath } from "./yaml-document.ts";

/** Content that cannot be used. The message holds every mistake of every file, one a line. */
export class ContentError extends Error {
  override readonly name = "ContentError";
  /** `file:line:column: what is wrong, what is accepted`, each. */
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(`The coaching content has ${mistakes.length} mistake(s):\n${mistakes.join("\n")}`);
    this.mistakes = mistakes;
  }
}

const MIN_TRACKS = 2;
const MIN_SCENARIOS = 15;

/**
 * Reads `tracks/*.yaml`, `scenarios/*.yaml` and `playbook.yaml` of a directory, and checks all of it.
 *
 * @throws {ContentError} with every mistake there is, not only the first.
 */
export function loadContent(directory: string): Content {
  const mistakes: string[] = [];
  const read = <T>(file: string, schema: z.ZodType<T>) => readChecked(file, schema, mistakes);
  const tracksDirectory = join(directory, "tracks");
  const scenariosDirectory = join(directory, "scenarios");
  const tracks = yamlFilesOf(tracksDirectory, mistakes).flatMap((file) => read(file, trackSchema));
  const practice = yamlFilesOf(scenariosDirectory, mistakes).flatMap((file) => read(file, scenariosSchema));
  const playbooks = read(join(directory, "playbook.yaml"), playbookSchema);

  const claim = {
    track: claims("track"),
    level: claims("level"),
    exercise: claims("exercise"),
    play: claims("play"),
  };
  const claimId = (kind: keyof typeof claim, document: YamlDocument, path: YamlPath, id: string) => {
    mistakes.push(...claim[kind](document, [...path, "id"], id));
  };
  const checkExercise = (document: YamlDocument, path: YamlPath, exercise: Exercise) => {
    claimId("exercise", document, path, exercise.id);
    mistakes.push(...rubricMistakes(document, [...path, "rubric"], exercise));
  };
  for (const { document, value } of tracks) {
    claimId("track", document, [], value.id);
    for (const [index, level] of value.levels.entries()) {
      claimId("level", document, ["levels", index], level.id);
      checkExercise(document, ["levels", index, "exercise"], level.exercise);
    }
  }
  for (const { document, value } of practice) {
    for (const [index, exercise] of value.exercises.entries()) {
      checkExercise(document, ["exercises", index], exercise);
    }
  }
  for (const { document, value } of playbooks) {
    for (const [index, play] of value.plays.entries()) claimId("play", document, ["plays", index], play.id);
  }

  const scenarios = practice.flatMap(({ value: { difficulty, exercises } }) =>
    exercises.map((exercise) => ({ difficulty, exercise })),
  );
  if (mistakes.length === 0) {
    mistakes.push(...countMistakes(tracksDirectory, tracks.length, scenariosDirectory, scenarios));
  }
  if (mistakes.length > 0) throw new ContentError(mistakes);
  return {
    tracks: tracks.map(({ value }) => value),
    scenarios,
    plays: playbooks.flatMap(({ value }) => value.plays),
  };
}

interface Checked<T> {
  document: YamlDocument;
  value: T;
}

/** The document in a list when it fits, else an empty list, so that the other files are checked too. */
function readChecked<T>(file: string, schema: z.ZodType<T>, mistakes: string[]): Checked<T>[] {
  const document = readYamlDocument(file);
  if (document.problems.length > 0) {
    mistakes.push(...document.problems);
    return [];
  }
  const parsed = schema.safeParse(document.value);
  if (parsed.success) return [{ document, value: parsed.data }];
  mistakes.push(...toMistakes(document, schema, parsed.error));
  return [];
}

function yamlFilesOf(directory: string, mistakes: string[]): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(directory, name));
  } catch (cause) {
    const why =
      cause instanceof Error && "code" in cause && cause.code === "ENOENT" ? "is not there" : String(cause);
    mistakes.push(`${directory}:1:1: the directory ${why}; a directory of YAML files is expected here`);
    return [];
  }
}

/** Remembers which ids are taken, and where. */
function claims(kind: string): (document: YamlDocument, path: YamlPath, id: string) => string[] {
  const taken = new Map<string, string>();
  return (document, path, id) => {
    const { line, column } = document.positionOf(path);
    const before = taken.get(id);
    if (before !== undefined) {
      return [
        document.at(path, `the ${kind} id "${id}" is taken by ${before}; an id of its own is accepted`),
      ];
    }
    taken.set(id, `${document.file}:${line}:${column}`);
    return [];
  };
}

function rubricMistakes(document: YamlDocument, path: YamlPath, { id, rubric }: Exercise): string[] {
  const claimCriterion = claims("criterion");
  const mistakes = rubric.flatMap((criterion, index) =>
    claimCriterion(document, [...path, index, "id"], criterion.id),
  );
  const total = rubric.reduce((sum, { weight }) => sum + weight, 0);
  if (total !== 100) {
    mistakes.push(document.at(path, `the weights of "${id}" add up to ${total}; accepted is 100`));
  }
  return mistakes;
}

function countMistakes(
  tracksDirectory: string,
  tracks: number,
  scenariosDirectory: string,
  scenarios: Content["scenarios"],
): string[] {
  const mistakes: string[] = [];
  if (tracks < MIN_TRACKS) {
    mistakes.push(`${tracksDirectory}:1:1: there are ${tracks} tracks; ${MIN_TRACKS} or more are accepted`);
  }
  if (scenarios.length < MIN_SCENARIOS) {
    mistakes.push(
      `${scenariosDirectory}:1:1: there are ${scenarios.length} scenarios; ${MIN_SCENARIOS} or more are accepted`,
    );
  }
  for (const difficulty of DIFFICULTIES) {
    if (scenarios.some((scenario) => scenario.difficulty === difficulty)) continue;
    mistakes.push(
      `${scenariosDirectory}:1:1: there is no scenario that is ${difficulty}; 1 or more are accepted`,
    );
  }
  return mistakes;
}
