import { z } from "zod";

/** One answer of a script: to a task, when the request has these words. */
const ANSWER = z.strictObject({
  task: z.string(),
  /** A pattern that the request must have, in any case; absent = any. */
  when: z.string().optional(),
  /** Answers in turn, the last one again and again; `{"$error": "…"}` = the model fails. */
  answers: z.array(z.unknown()).min(1),
});

/** Answers of a scripted model. */
export type Script = z.output<typeof ANSWER>[];

/** The schema of a script. */
export const SCRIPT: z.ZodType<Script> = z.array(ANSWER);
