import { z } from "zod";
import type { Assessment } from "../coaching/assessment.ts";

/** What the trainer gives, so that pipelines can be checked against it. */
export const assessmentOutput = z.object({
  score: z.number(),
  grades: z.array(
    z.object({ criterion: z.string(), title: z.string(), weight: z.number(), grade: z.number() }),
  ),
  strengths: z.array(z.string()),
  improvements: z.array(z.string()),
  modelAnswer: z.string(),
}) satisfies z.ZodType<Assessment>;
