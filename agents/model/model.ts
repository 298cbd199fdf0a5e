import { SsmdError } from "@ssmd/runtime";
import { z } from "zod";

/** A question to a model. */
interface ModelQuestion {
  /** Name of the answer, for providers and scripts: `signal_draft`. */
  task: string;
  /** System prompt; only our own words. */
  system: string;
  /** User prompt: the request, with third-party texts marked as such. */
  user: string;
  /** JSON Schema of the answer. */
  schema: Readonly<Record<string, unknown>>;
}

/** A model's answer. */
export interface ModelAnswer {
  /** JSON, unchecked. */
  value: unknown;
  tokensIn: number;
  tokensOut: number;
}

/** Port of a language model. */
export interface Model {
  /** Display name; a scripted model says that it is one. */
  readonly name: string;
  /** Asks the model. Throws SsmdError `MODEL_UNAVAILABLE`. */
  ask(question: ModelQuestion): Promise<ModelAnswer>;
}

/** Location of a model. */
export type ModelSpec =
  | { type: "openai"; model: string; url?: string; token: string }
  | { type: "anthropic"; model: string; url?: string; token: string }
  | { type: "compatible"; model: string; url: string; token: string }
  | { type: "scripted"; path?: string };

/** Returns an answer's JSON Schema in the form providers accept. */
export function answerSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema);
  return rest;
}

/** Returns the error for a model that does not answer. */
export function modelUnavailable(name: string, cause: unknown): SsmdError {
  return new SsmdError("MODEL_UNAVAILABLE", `The model ${name} does not answer`, {
    ...{ cause, retryable: true },
    hint: "Check agents.model of the environment, its key, and the provider",
  });
}
