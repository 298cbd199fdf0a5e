import { messageOf } from "@ssmd/runtime";
import type { z } from "zod";
import { type AgentAudit, sha256 } from "./audit.ts";
import type { Budget } from "./budget.ts";
import { answerSchema, type Model } from "./model/model.ts";

/** Model, budget and audit of a question. */
interface AskTools {
  model: Model;
  budget: Budget;
  audit: AgentAudit;
}

/** A question with a schema for its answer. */
interface TypedQuestion<S extends z.ZodType> {
  /** Name of the answer, for providers and scripts. */
  task: string;
  /** System prompt; only our own words. */
  system: string;
  /** User prompt, with third-party texts marked as such. */
  user: string;
  schema: S;
}

/**
 * Asks the model; an answer that does not fit the schema is discarded as a problem. Throws
 * BudgetExhausted, and as {@linkcode Model.ask}.
 */
export async function askModel<S extends z.ZodType>(
  { model, budget, audit }: AskTools,
  thread: string,
  { task, system, user, schema }: TypedQuestion<S>,
): Promise<{ value: z.output<S> } | { problem: string }> {
  budget.takeCall(thread);
  const call = { model: model.name, task, prompt_sha256: sha256(user) };
  const question = { task, system, user, schema: answerSchema(schema) };
  const { value, tokensIn, tokensOut } = await model.ask(question).catch(async (error) => {
    await audit.add(thread, "model_call", { ...call, failed: messageOf(error) });
    throw error;
  });
  budget.addTokens(thread, tokensIn + tokensOut);
  const parsed = schema.safeParse(value);
  await audit.add(thread, "model_call", {
    ...{ ...call, tokens_in: tokensIn, tokens_out: tokensOut },
    ...{ answer_sha256: sha256(JSON.stringify(value ?? null)), fits: parsed.success },
  });
  if (parsed.success) return { value: parsed.data };
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  return { problem: issues.join("; ") };
}
