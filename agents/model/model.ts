import { SsmdError } from "@ssmd/runtime";
import { z } from "zod";

/** What a model is asked. */
interface ModelQuestion {
  /** Name of the answer, for providers and scripts: `signal_draft`. */
  task: string;
  /** What it is and must do: words of ours only. */
  system: string;
  /** The request, and texts of others marked as such. */
  user: string;
  /** JSON Schema of the answer. */
  schema: Readonly<Record<string, unknown>>;
}

/** What a model answers. */
export interface ModelAnswer {
  /** JSON; not checked. */
  value: unknown;
  tokensIn: number;
  tokensOut: number;
}

/** A language model: the port. */
export interface Model {
  /** As people see it; a scripted one says so. */
  readonly name: string;
  /** Throws SsmdError `MODEL_UNAVAILABLE`. */
  ask(question: ModelQuestion): Promise<ModelAnswer>;
}

/** Where a model is. */
export type ModelSpec =
  | { type: "openai"; model: string; url?: string; token: string }
  | { type: "anthropic"; model: string; url?: string; token: string }
  | { type: "compatible"; model: string; url: string; token: string }
  | { type: "scripted"; path?: string };

/** The JSON Schema of an answer, as providers take it. */
export function answerSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema);
  return rest;
}

/** The error of a model that does not answer. */
export function modelUnavailable(name: string, cause: unknown): SsmdError {
  return new SsmdError("MODEL_UNAVAILABLE", `The model ${name} does not answer`, {
    ...{ cause, retryable: true },
    hint: "Check agents.model of the environment, its key, and the provider",
  });
}
