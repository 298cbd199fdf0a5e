import type { AuditCategory } from "@ssmd/audit";
import type { z } from "zod";
import type { SsmdContext } from "../context.ts";
import type { Rendered } from "../render.ts";
import type { Parameter, Parameters, TupleOf, ValuesOf } from "./flag.ts";

/** Variadic arguments at the end of the command line. */
interface Rest<Value> {
  readonly each: Parameter<Value>;
  /** Minimum count; default 0. */
  readonly minimum?: number;
}

/** Positional arguments: one parameter per position, or any number of one kind. */
export type Arguments = readonly Parameter<unknown>[] | Rest<unknown>;

type ArgumentsOf<A> = A extends Rest<infer Value> ? Value[]
  : A extends readonly Parameter<unknown>[] ? TupleOf<A>
  : [];

/** Input of `run`. */
interface Call<F, A> {
  readonly flags: ValuesOf<F>;
  readonly args: ArgumentsOf<A>;
  readonly context: SsmdContext;
}

/** Table of a value, or its text; columns default to those of the first row. */
export type Table = Omit<Rendered, "value"> | { readonly text: string };

/** Declaration of a command: the source of its parsing, help, output, completion and reference. */
interface Definition<F extends Parameters, A extends Arguments, Schema extends z.ZodType> {
  /** Words that call it (`archive seal`); the file is named after them (`archive_seal.ts`). */
  readonly name: string;
  /** One line for command lists, without a full stop. */
  readonly brief: string;
  /** Help text beyond the brief. */
  readonly description?: string;
  /** Whether it falls back to the registry shipped with ssmd where no other is named or found. */
  readonly shippedRegistry?: true;
  /** Shell lines, at least one; tests run them. */
  readonly examples: readonly string[];
  readonly flags?: F;
  readonly args?: A;
  /**
   * Schema of the value that `run` returns, printed in the `--output` format. It is the schema's
   * input side, so a file prints as written (`24h`, not 86400000). With `prints` instead, the
   * command prints by itself and each JSON value of `--output json` matches that schema.
   */
  readonly output?: Schema;
  readonly prints?: z.ZodType;
  /** Table of a value; default one row per field, or one row per list item. */
  readonly table?: (value: z.input<Schema>, flags: ValuesOf<F>) => Table;
  /** Returns true when the value means exit code 1. */
  readonly failed?: (value: z.input<Schema>) => boolean;
  /**
   * Audit category: each run appends one event of it to the audit log, even when refused. Absent =
   * the command only reads, or a gateway makes the change and writes the event.
   */
  readonly changes?: AuditCategory | ((call: Call<F, A>) => AuditCategory | undefined);
  /**
   * Gateway endpoints it calls, as `ssmd role show` names them: `GET /v1/feeds`. The caller needs
   * the role of each.
   */
  readonly asks?: readonly string[];
  readonly run: (call: Call<F, A>) => Promise<z.input<Schema>> | z.input<Schema>;
}

/** Definition with any flags, arguments and output. */
export type Command = Definition<Parameters, Arguments, z.ZodType>;

/** File in `commands/` that declares the command of these words. */
export function fileOfCommand(name: string): string {
  const words = name.replaceAll(/[ -]/g, "_");
  // A name ending in `_test.ts` would be a test file.
  return `${words.endsWith("_test") ? `${words}_command` : words}.ts`;
}

type NoParameters = Record<never, never>;

/** Declares a command; the types of `run`'s flags and arguments are inferred from their declarations. */
export function defineCommand<
  Schema extends z.ZodType = z.ZodVoid,
  F extends Parameters = NoParameters,
  const A extends Arguments = [],
>(definition: Definition<F, A, Schema>): Command {
  return definition as unknown as Command;
}
