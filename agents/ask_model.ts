import { messageOf } from "@ssmd/runtime";
import type { z } from "zod";
import { type AgentAudit, sha256 } from "./audit.ts";
import type { Budget } from "./budget.ts";
import { answerSchema, type Model } from "./model/model.ts";

/** What a model is asked with. */
interface AskTools {
  model: Model;
  budget: Budget;
  audit: AgentAudit;
}

/** A question whose answer has a schema. */
interface TypedQuestion<S extends z.ZodType> {
  /** Name of the answer, for providers and scripts. */
  task: string;
  /** Words of ours only. */
  system: string;
  /** Texts of others in it are marked as such. */
  user: string;
  schema: S;
}

/**
 * Asks the model; an answer that does not fit the schema is a problem, and nothing of it is used. Throws
 * BudgetExhausted, and as {@linkcode Model.ask} does.
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
