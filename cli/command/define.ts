import type { AuditCategory } from "@ssmd/audit";
import type { z } from "zod";
import type { SsmdContext } from "../context.ts";
import type { Rendered } from "../render.ts";
import type { Parameter, Parameters, TupleOf, ValuesOf } from "./flag.ts";

/** Arguments of any number, the last words of the command line. */
interface Rest<Value> {
  readonly each: Parameter<Value>;
  /** How many there must be; default 0. */
  readonly minimum?: number;
}

/** Arguments: one parameter a place, or any number of one kind. */
export type Arguments = readonly Parameter<unknown>[] | Rest<unknown>;

type ArgumentsOf<A> = A extends Rest<infer Value> ? Value[]
  : A extends readonly Parameter<unknown>[] ? TupleOf<A>
  : [];

/** What `run` gets. */
interface Call<F, A> {
  readonly flags: ValuesOf<F>;
  readonly args: ArgumentsOf<A>;
  readonly context: SsmdContext;
}

/** What a table shows of a value, absent columns being those of the first row; or its text. */
export type Table = Omit<Rendered, "value"> | { readonly text: string };

/** Everything that is known of a command: parsing, help, printing, completion and reference come from it. */
interface Definition<F extends Parameters, A extends Arguments, Schema extends z.ZodType> {
  /** The words that call it, `archive seal`; its file is named after them, `archive_seal.ts`. */
  readonly name: string;
  /** One line for lists of commands, without a full stop. */
  readonly brief: string;
  /** What a person must know beyond the brief. */
  readonly description?: string;
  /** Lines for a shell, at least one; tests run them. */
  readonly examples: readonly string[];
  readonly flags?: F;
  readonly args?: A;
  /**
   * The value that `run` gives, printed as `--output table|json|yaml` says: the input side of the
   * schema, so that a file is printed as it is written (`24h`, not 86400000). With `prints` instead,
   * the command prints by itself, and each JSON value of `--output json` obeys the schema.
   */
  readonly output?: Schema;
  readonly prints?: z.ZodType;
  /** The table of a value; default a row a field, or the items of a list as rows. */
  readonly table?: (value: z.input<Schema>, flags: ValuesOf<F>) => Table;
  /** Whether the value means exit code 1: what was looked for is wrong. */
  readonly failed?: (value: z.input<Schema>) => boolean;
  /**
   * What kind of change it makes: each run writes one event of this category into the audit log, done
   * or refused. Absent = it only reads, or a gateway changes something and writes the event.
   */
  readonly changes?: AuditCategory | ((call: Call<F, A>) => AuditCategory | undefined);
  /**
   * What it asks of a running gateway, as `ssmd role show` names it: `GET /v1/feeds`. The caller
   * needs the role of each.
   */
  readonly asks?: readonly string[];
  readonly run: (call: Call<F, A>) => Promise<z.input<Schema>> | z.input<Schema>;
}

/** A definition of any flags, arguments and output. */
export type Command = Definition<Parameters, Arguments, z.ZodType>;

/** A command before its module is loaded. */
export interface LazyCommand {
  /** Equal to the command's own. */
  readonly brief: string;
  readonly load: () => Promise<{ default: Command }>;
}

type NoParameters = Record<never, never>;

/** Declares a command; the types of `run`'s flags and arguments follow from their declarations. */
export function defineCommand<
  Schema extends z.ZodType = z.ZodVoid,
  F extends Parameters = NoParameters,
  const A extends Arguments = [],
>(definition: Definition<F, A, Schema>): Command {
  return definition as unknown as Command;
}
