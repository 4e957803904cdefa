import { z } from "zod";

/** One thing a good answer does. The weights of a rubric's criteria add up to 100. */
export const criterionSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/, "lower-case words joined by hyphens"),
  title: z.string().min(1),
  weight: z.number().int().min(1).max(100),
  /** What earns the full grade, in a sentence; shown to the model and, with the score, to the rep. */
  looksFor: z.string().min(1),
  /**
   * Evidence the offline coach looks for: groups of wordings, each group one kind of evidence; a criterion is met in
   * the measure that groups are. The words of the rubric itself are no evidence.
   */
  evidence: z.array(z.array(z.string().min(2)).min(1)).min(2),
});

export const exerciseSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/, "lower-case words joined by hyphens"),
  title: z.string().min(1),
  /** The situation, as the rep reads it: who the buyer is, what they said. */
  scenario: z.string().min(1),
  /** What the rep is to answer. */
  task: z.string().min(1),
  rubric: z.array(criterionSchema).min(2),
  /** An answer that earns full marks. */
  modelAnswer: z.string().min(1),
});

export type Criterion = z.infer<typeof criterionSchema>;
export type Exercise = z.infer<typeof exerciseSchema>;

export const playSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/, "lower-case words joined by hyphens"),
  title: z.string().min(1),
  /** The situations it fits, in the words a rep would use. */
  when: z.string().min(1),
  moves: z.array(z.string().min(1)).min(1),
});

/** A way to move a deal on, from the playbook. */
export type Play = z.infer<typeof playSchema>;
