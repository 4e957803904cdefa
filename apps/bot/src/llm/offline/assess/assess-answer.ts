import { toAssessment } from "../../../coaching/assessment.ts";
import type { Criterion, Exercise } from "../../../coaching/exercise.ts";
import type { Grades } from "../../../coaching/task.ts";
import { OFFLINE_NOTICE } from "../offline-notice.ts";
import { clip, quoted } from "../text/clip.ts";
import type { Sentence } from "../text/words.ts";
import { findWording } from "./evidence.ts";
import { toOwnWork } from "./own-work.ts";

interface Finding {
  criterion: Criterion;
  /** 0 to 1: the share of the groups of evidence that were found. */
  met: number;
  /** Where the first of them was. */
  sentence: Sentence | undefined;
}

const MAX_STRENGTHS = 3;
const MAX_IMPROVEMENTS = 4;
const MET = 0.66;

/** Grades an answer by the evidence its own sentences hold. The last improvement says who graded it. */
export function assessAnswer(exercise: Exercise, answer: string): Grades {
  const { sentences, cap, share, reasons } = toOwnWork(exercise, answer);
  const findings = exercise.rubric.map((criterion) => toFinding(criterion, sentences));
  const grades = capped(
    exercise,
    findings.map(({ criterion, met }) => ({ criterion: criterion.id, grade: Math.round(100 * met * share) })),
    cap,
  );
  const missed = findings
    .filter(({ met }) => met < 1)
    .sort((a, b) => b.criterion.weight * (1 - b.met) - a.criterion.weight * (1 - a.met));
  const improvements = [...reasons, ...missed.map(toImprovement)].slice(0, MAX_IMPROVEMENTS);
  return {
    grades,
    strengths: findings
      .filter(({ met }) => met >= MET)
      .sort((a, b) => b.criterion.weight * b.met - a.criterion.weight * a.met)
      .slice(0, MAX_STRENGTHS)
      .map(toStrength),
    improvements: [...improvements.map((text) => clip(text, 900)), OFFLINE_NOTICE],
  };
}

function toFinding(criterion: Criterion, sentences: readonly Sentence[]): Finding {
  const found = criterion.evidence.map((wordings) => {
    for (const wording of wordings) {
      const sentence = findWording(sentences, wording);
      if (sentence) return sentence;
    }
    return undefined;
  });
  const met = found.filter(Boolean).length / found.length;
  return { criterion, met, sentence: found.find(Boolean) };
}

/** Lowers all grades in the same measure when the score they make is above the cap. */
function capped(exercise: Exercise, grades: Grades["grades"], cap: number): Grades["grades"] {
  const { score } = toAssessment(exercise, { grades, strengths: [], improvements: [] });
  if (score <= cap) return grades;
  return grades.map(({ criterion, grade }) => ({ criterion, grade: Math.floor((grade * cap) / score) }));
}

function toStrength({ criterion, sentence }: Finding): string {
  return sentence ? `${criterion.title}: ${quoted(sentence.text, 160)}` : `${criterion.title}.`;
}

function toImprovement({ criterion, met, sentence }: Finding): string {
  if (met > 0 && sentence) {
    return `${criterion.title}: ${quoted(sentence.text, 120)} is a start. Full marks: ${criterion.looksFor}`;
  }
  return `${criterion.title}: not in your answer yet. ${criterion.looksFor}`;
}
