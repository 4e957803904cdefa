import { FormattedString, fmt } from "@grammyjs/parse-mode";
import type { Assessment } from "../coaching/assessment.ts";
import { OFFLINE_NOTICE } from "../llm/offline/index.ts";

/** An assessment as the rep reads it: score, criteria, what was good, what to do better, and an answer to compare with. */
export function toScoreText(title: string, assessment: Assessment, footer: string): FormattedString {
  const { score, grades, strengths, improvements, modelAnswer } = assessment;
  const parts = [
    fmt`${FormattedString.bold(`${score}/100`)}  ${title}`,
    new FormattedString(
      grades.map(({ title, weight, grade }) => `${toPoints(weight, grade)}  ${title}`).join("\n"),
    ),
    ...list("What worked", strengths),
    ...list(
      "What to do better",
      improvements.filter((hint) => hint !== OFFLINE_NOTICE),
    ),
    fmt`${FormattedString.bold("A strong answer")}\n${FormattedString.blockquote(modelAnswer.trim())}`,
    ...(improvements.includes(OFFLINE_NOTICE) ? [FormattedString.italic(OFFLINE_NOTICE)] : []),
    new FormattedString(footer),
  ];
  return FormattedString.join(parts, "\n\n");
}

function list(heading: string, items: readonly string[]): FormattedString[] {
  if (items.length === 0) return [];
  return [fmt`${FormattedString.bold(heading)}\n${items.map((item) => `• ${item}`).join("\n")}`];
}

function toPoints(weight: number, grade: number): string {
  return `${Math.round((weight * grade) / 100)} of ${weight}`;
}
