import { z } from "zod";

/** A scripted answer to a task whose request matches. */
const ANSWER = z.strictObject({
  task: z.string(),
  /** Case-insensitive pattern for the request; absent: any. */
  when: z.string().optional(),
  /** Answers in turn, repeating the last; `{"$error": "…"}` makes the model fail. */
  answers: z.array(z.unknown()).min(1),
});

/** Answers of a scripted model. */
export type Script = z.output<typeof ANSWER>[];

/** Schema of a script. */
export const SCRIPT: z.ZodType<Script> = z.array(ANSWER);
