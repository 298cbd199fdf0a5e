import { parseDurationMs } from "@ssmd/runtime/duration";
import { nearest } from "@ssmd/runtime/suggest";
import { parseDay, parseList, parseWhole } from "./parsers.ts";

/** Kinds of parameter values. */
export const PARAMETER_TYPES = [
  "boolean",
  "choice",
  "count",
  "date",
  "dir",
  "duration",
  "file",
  "number",
  "text",
] as const;
type ParameterType = typeof PARAMETER_TYPES[number];

/** Sources of shell completion for a value: registry names or paths. */
export const COMPLETES = [
  "calendar",
  "environment",
  "feed",
  "symbol",
  "schema",
  "key",
  "command",
  "file",
  "dir",
] as const;
/** One of {@linkcode COMPLETES}. */
export type Completes = typeof COMPLETES[number];

/** Options of a flag or argument beyond its brief. */
interface ParameterOptions {
  /** Word for the value in help: `--env <name>`. */
  placeholder?: string;
  /** Source of shell completion for the value. */
  completes?: Completes;
  /** Values that help and completion offer; the parser accepts others too. */
  suggests?: readonly string[];
  /** One-letter name. */
  alias?: string;
  /** Default value, as typed on the command line. */
  default?: string;
  /** The command line is invalid without it. */
  required?: true;
  /** May be given several times; the value is a list. */
  repeated?: true;
}

/**
 * A flag or argument with the type of its value. The fields are the parser's own, so a declaration
 * needs no translation; `type` and `completes` serve the catalogue and completion.
 */
export interface Parameter<Value> {
  readonly kind: "parsed" | "enum" | "boolean";
  readonly type: ParameterType;
  readonly brief: string;
  readonly parse?: (text: string) => unknown;
  readonly values?: readonly string[];
  readonly placeholder?: string;
  readonly completes?: Completes;
  readonly alias?: string;
  readonly default?: string | boolean;
  readonly optional?: true;
  readonly variadic?: true;
  readonly withNegated?: boolean;
  /** Type-level only: the value that `run` receives. */
  readonly valueOf_?: Value;
}

/** Type of a parameter's value by its options: a list, required, or optional. */
type Given<Value, Options> = Options extends { repeated: true }
  ? Options extends { required: true } ? Value[] : Value[] | undefined
  : Options extends { required: true } | { default: string } ? Value
  : Value | undefined;

interface Kind<Value> {
  type: ParameterType;
  parse: (text: string) => Value;
  placeholder: string;
}

function builder<Value>({ type, parse, placeholder }: Kind<Value>) {
  return <const Options extends ParameterOptions = Record<never, never>>(
    brief: string,
    options?: Options,
  ): Parameter<Given<Value, Options>> => ({
    kind: "parsed",
    type,
    parse,
    ...common(brief, { placeholder, ...options }),
  });
}

function common(
  brief: string,
  { required, repeated, suggests, default: fallback, ...more }: ParameterOptions,
) {
  return {
    brief,
    ...more,
    ...(suggests === undefined ? {} : { values: suggests }),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(required === undefined && fallback === undefined ? { optional: true } as const : {}),
    ...(repeated === undefined ? {} : { variadic: true } as const),
  };
}

/** Any text. */
export const text = builder({ type: "text", parse: String, placeholder: "text" });
/** Comma-separated words: `a,b`. */
export const list = builder({ type: "text", parse: parseList, placeholder: "a,b" });
/** Whole number ≥ 0. */
export const whole = builder({ type: "number", parse: parseWhole, placeholder: "n" });
/** Duration in ms: `30s`, `5m`. */
export const duration = builder({
  type: "duration",
  parse: parseDurationMs,
  placeholder: "duration",
});
/** UTC day: `2026-08-01`, `today`, `yesterday`. */
export const day = builder({ type: "date", parse: parseDay, placeholder: "date" });
/** File path. */
export const file = builder({ type: "file", parse: String, placeholder: "file" });
/** Folder path. */
export const dir = builder({ type: "dir", parse: String, placeholder: "dir" });

/** Value with a custom parser, which throws RangeError for an invalid value. */
export function parsed<Value, const Options extends ParameterOptions = Record<never, never>>(
  parse: (text: string) => Value,
  brief: string,
  options?: Options & { type?: ParameterType },
): Parameter<Given<Value, Options>> {
  const { type = "text", ...rest } = options ?? {};
  return builder({ type, parse, placeholder: "value" })(brief, rest as Options);
}

/** Flag limited to the given words. */
export function choice<
  const Word extends string,
  const Options extends ParameterOptions = Record<never, never>,
>(values: readonly Word[], brief: string, options?: Options): Parameter<Given<Word, Options>> {
  return { kind: "enum", type: "choice", values, ...common(brief, options ?? {}) };
}

/** Sentence with the allowed words, after the one that was probably meant. */
export function oneOf(text: string, values: readonly string[]): string {
  const near = nearest(text, values);
  const meant = near === undefined ? "" : `Did you mean "${near}"? `;
  return `${meant}Allowed: ${values.join(", ")}`;
}

/** Argument limited to the given words. */
export function word<
  const Word extends string,
  const Options extends ParameterOptions = Record<never, never>,
>(values: readonly Word[], brief: string, options?: Options): Parameter<Given<Word, Options>> {
  const parse = (text: string): Word => {
    const known = values.find((value) => value === text);
    if (known !== undefined) return known;
    throw new RangeError(oneOf(text, values));
  };
  return { ...parsed(parse, brief, options), type: "choice", values };
}

/** Boolean flag. `negatable` adds `--no-…`; absent is then undefined. */
export function on(brief: string, options?: { alias: string }): Parameter<boolean>;
export function on(brief: string, options: { negatable: true }): Parameter<boolean | undefined>;
export function on(
  brief: string,
  options: { alias?: string; negatable?: true } = {},
): Parameter<boolean> | Parameter<boolean | undefined> {
  const { alias, negatable } = options;
  const kind = {
    ...{ kind: "boolean", type: "boolean", brief } as const,
    ...(alias === undefined ? {} : { alias }),
  };
  return negatable
    ? { ...kind, optional: true, withNegated: true }
    : { ...kind, default: false, withNegated: false };
}

/** Parameters by name. */
export type Parameters = Readonly<Record<string, Parameter<unknown>>>;

/** One-letter names of parameters: letter → name. */
export function aliasesOf(parameters: Parameters): Record<string, string> {
  const named = Object.entries(parameters).flatMap(([name, { alias }]) =>
    alias === undefined ? [] : [[alias, name] as const]
  );
  return Object.fromEntries(named);
}

type ValueOf<P> = P extends Parameter<infer Value> ? Value : never;
type OptionalNames<P> = {
  [Name in keyof P]: undefined extends ValueOf<P[Name]> ? Name : never;
}[keyof P];

/** Flag values as `run` receives them; flags that were not given are absent. */
export type ValuesOf<P> =
  & { [Name in Exclude<keyof P, OptionalNames<P>>]: ValueOf<P[Name]> }
  & { [Name in OptionalNames<P>]?: Exclude<ValueOf<P[Name]>, undefined> };

/** Argument values by position. */
export type TupleOf<P> = { -readonly [Index in keyof P]: ValueOf<P[Index]> };
