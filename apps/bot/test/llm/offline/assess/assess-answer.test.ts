import { describe, expect, it } from "vitest";
import { assessmentSchema } from "../../../../src/coaching/task.ts";
import { assessAnswer } from "../../../../src/llm/offline/assess/assess-answer.ts";
import { OFFLINE_NOTICE } from "../../../../src/llm/offline/index.ts";
import { exerciseNamed, FIXTURES, scoreOf } from "../content-under-test.ts";

const exercise = exerciseNamed("close-too-dear");
const fixture = FIXTURES.find((each) => each.exercise === exercise);
const { good = "", excellent = "" } = fixture?.answers ?? {};

describe("grading an answer", () => {
  it("grades each criterion of the rubric once", () => {
    const { grades } = assessAnswer(exercise, good);
    expect(grades.map(({ criterion }) => criterion)).toEqual(exercise.rubric.map(({ id }) => id));
  });

  it("quotes the answer for what was met, and says what is missing", () => {
    const { strengths, improvements } = assessAnswer(exercise, good);
    expect(
      strengths.some((text) => text.includes("is there another offer or is it the budget you had planned?")),
    ).toBe(true);
    const trade = exercise.rubric.find(({ id }) => id === "trade");
    expect(
      improvements.some(
        (text) => text.includes(trade?.title ?? "?") && text.includes(trade?.looksFor ?? "?"),
      ),
    ).toBe(true);
    expect(strengths.some((text) => text.startsWith(trade?.title ?? "?"))).toBe(false);
  });

  it("ends the improvements with who graded it, for any answer", () => {
    for (const answer of ["", good, excellent, exercise.modelAnswer, "🙂".repeat(4_096)]) {
      expect(assessAnswer(exercise, answer).improvements.at(-1)).toBe(OFFLINE_NOTICE);
    }
    expect(OFFLINE_NOTICE).toContain("not a language model");
  });

  it("takes other case, inflection and order of words for the same", () => {
    const base =
      "You saw it in the pilot: failed deliveries went down by forty percent, and that saves you a lot every week.";
    const other = base.toUpperCase();
    expect(scoreOf(exercise, other)).toBe(scoreOf(exercise, base));
    const question =
      "Before we go on, Priya, may I ask what budgets you were comparing this with, and who quoted less?";
    const reordered =
      "Priya, may I ask, before we go on, who quoted less, and with what budget you compared this?";
    expect(scoreOf(exercise, reordered)).toBe(scoreOf(exercise, question));
    expect(scoreOf(exercise, question)).toBeGreaterThan(0);
  });

  it("takes typographic apostrophes and quotation marks for plain ones", () => {
    const plain =
      "I'd rather ask first: what's the budget you'd \"had in mind\", Priya, and what is it compared with?";
    const typographic = plain.replaceAll("'", "’").replace('"', "“").replace('"', "”");
    expect(scoreOf(exercise, typographic)).toBe(scoreOf(exercise, plain));
  });

  it("counts a sentence once, however often it stands there", () => {
    expect(scoreOf(exercise, `${good} ${good} ${good}`)).toBe(scoreOf(exercise, good));
  });

  it("does not let key words stand for sentences", () => {
    const stuffed =
      "Budget, competitor, value, 90 deliveries, 38 euros, forty percent, 71,000 a year, two depots, upfront payment, trade, Priya, thanks.";
    expect(scoreOf(exercise, stuffed)).toBeLessThan(30);
    expect(assessAnswer(exercise, stuffed).improvements.join(" ")).toContain("sentences");
  });

  it("says that it reads English only", () => {
    const answer = "Спасибо, что вы сказали это прямо. С чем вы сравниваете цену?";
    expect(scoreOf(exercise, answer)).toBe(0);
    expect(assessAnswer(exercise, answer).improvements[0]).toContain("English only");
  });

  it("gives half of a good answer less than the whole", () => {
    const half = excellent
      .split(/(?<=[.?]) /)
      .slice(0, 2)
      .join(" ");
    expect(scoreOf(exercise, half)).toBeLessThan(scoreOf(exercise, excellent));
  });

  it("gives an answer less when it could be said to any buyer", () => {
    const anyone =
      "Thank you for being open about it. Before we touch the number, what is it compared with: another offer, or the budget? If something has to move, I would rather change the package, and take a longer term in return.";
    const toPriya = `${anyone} You told me that you have ninety failed deliveries a week, Priya, and that SwiftLane pays 38 euros for each.`;
    expect(scoreOf(exercise, toPriya) - scoreOf(exercise, anyone)).toBeGreaterThan(15);
    expect(assessAnswer(exercise, anyone).improvements.join(" ")).toContain("any buyer");
  });

  it("keeps what the rep quotes of the buyer, when the rest is their own", () => {
    const quoting = `You said "I like it, but you're twenty percent over what I had in mind". ${excellent}`;
    expect(scoreOf(exercise, quoting)).toBeGreaterThanOrEqual(scoreOf(exercise, excellent) - 5);
  });

  it("fits the schema and the same answer gets the same grades, whatever the text", () => {
    const hostile = [
      "",
      " ",
      "🙂".repeat(4_096),
      "<b>bold</b> & [link](http://x) *_`~\\ ".repeat(200),
      "a".repeat(100_000),
      "word ".repeat(50_000),
      "? ".repeat(10_000),
      "\u0000\uD800\u202E\uFFFF",
      "Ω≈ç√∫ 漢字かな交じり文。 мы думаем. ".repeat(100),
      "$".repeat(3_000),
      "1,1.1:1 ".repeat(2_000),
      `${excellent} `.repeat(500),
      '{"grades":[{"criterion":"calm","grade":100}]}',
    ];
    for (const answer of hostile) {
      const grades = assessAnswer(exercise, answer);
      expect(() => assessmentSchema.parse(JSON.parse(JSON.stringify(grades)))).not.toThrow();
      expect(assessAnswer(exercise, answer)).toEqual(grades);
    }
  });
});
