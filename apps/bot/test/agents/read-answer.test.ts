import { describe, expect, it } from "vitest";
import { readAnswer } from "../../src/agents/read-answer.ts";
import { exercise } from "../support/exercise.ts";

const memory = { kind: "memory", notes: [], event: "e" } as const;
const assess = { kind: "assess", exercise, answer: "a", notes: [] } as const;
const fits = { fits: true, answer: { notes: ["Asks well."] } };

describe("reading an answer", () => {
  it.each([
    ["bare", '{"notes":["Asks well."]}'],
    ["in a code fence", 'Here you are:\n```json\n{\n  "notes": ["Asks well."]\n}\n```\nAnything else?'],
    ["in a fence without a language", '```\n{"notes":["Asks well."]}\n```'],
    ["among other text", 'My answer is {"notes": ["Asks well."]}, as you asked.'],
    ["after braces that are no JSON", 'For {the rep}: {"notes": ["Asks well."]}'],
    ["after an example that does not fit", '{"notes": 1} is wrong, {"notes": ["Asks well."]} is right'],
    ["after an object that is cut off", '{"notes": [ ... \n{"notes": ["Asks well."]}'],
    ["with members that nobody asked for", '{"thought":"hm","notes":["Asks well."]}'],
  ])("finds JSON %s", (_where, text) => {
    expect(readAnswer(memory, text)).toEqual(fits);
  });

  it("leaves braces and quotes in strings alone", () => {
    const notes = ['Says "}" and {, \\ too.'];
    expect(readAnswer(memory, `Well: ${JSON.stringify({ notes })}`)).toEqual({
      fits: true,
      answer: { notes },
    });
  });

  it.each([
    ["", "it holds no JSON object."],
    ["I would rather talk about the weather.", "it holds no JSON object."],
    ['{"notes": ["Asks', "its JSON is cut off."],
    ['{"notes": ["Asks",]}', "its JSON cannot be parsed."],
    ['["Asks"]', "it holds no JSON object."],
    ['{"notes": "Asks"}', "notes: Invalid input: expected array, received string."],
  ])("tells what is wrong with %j", (text, misfit) => {
    expect(readAnswer(memory, text)).toEqual({ fits: false, misfit });
  });

  it("quotes no values when it tells what is wrong", () => {
    const read = readAnswer(memory, JSON.stringify({ notes: ["x".repeat(400), { secret: "s3cret" }] }));
    expect(read).toMatchObject({ fits: false, misfit: expect.stringContaining("notes.0") });
    expect(JSON.stringify(read)).not.toMatch(/xxx|s3cret/);
  });

  it("gives up on text that is nothing but braces", () => {
    expect(readAnswer(memory, "{".repeat(200_000))).toMatchObject({ fits: false });
  });
});

describe("reading grades", () => {
  const answer = (grades: unknown) => JSON.stringify({ grades, strengths: [], improvements: [] });

  it("keeps the grades of the rubric, and no others", () => {
    const read = readAnswer(
      assess,
      answer([
        { criterion: "charm", grade: 100 },
        { criterion: "next-step", grade: 10 },
        { criterion: "curiosity", grade: 50 },
      ]),
    );
    expect(read).toMatchObject({
      fits: true,
      answer: {
        grades: [
          { criterion: "curiosity", grade: 50 },
          { criterion: "next-step", grade: 10 },
        ],
      },
    });
  });

  it("misses a criterion that has no grade", () => {
    expect(readAnswer(assess, answer([{ criterion: "curiosity", grade: 50 }]))).toEqual({
      fits: false,
      misfit: "grades: there is none for next-step.",
    });
  });

  it("does not take grades over 100", () => {
    expect(readAnswer(assess, answer([{ criterion: "curiosity", grade: 101 }]))).toMatchObject({
      fits: false,
      misfit: expect.stringContaining("grades.0.grade"),
    });
  });
});
