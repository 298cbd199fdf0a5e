import { parseDurationMs } from "@ssmd/runtime/duration";
import { suggestion } from "@ssmd/runtime/suggest";
import { parseDay, parseList, parseWhole } from "./parsers.ts";

/** The kinds of a parameter's value. */
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

/** What a shell completes a value with: names of the registry, or paths. */
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

/** What a flag or an argument may say beyond its brief. */
interface ParameterOptions {
  /** A word for the value in help: `--env <name>`. */
  placeholder?: string;
  /** What a shell completes the value with. */
  completes?: Completes;
  /** Values that help and completion offer; the parser takes others, too. */
  suggests?: readonly string[];
  /** One letter. */
  alias?: string;
  /** The value when nothing is given, as a person would type it. */
  default?: string;
  /** Refuse the command line without it. */
  required?: true;
  /** May be given several times; the value is a list. */
  repeated?: true;
}

/**
 * A flag or an argument with the type of its value. The fields are those that the parser takes, so
 * that a declaration needs no translation; `type` and `completes` serve catalogue and completion.
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
  /** Only for the type checker: the value that `run` gets. */
  readonly valueOf_?: Value;
}

/** The type of a parameter's value by its options: a list, never absent, or absent when not given. */
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
/** Words with commas between: `a,b`. */
export const list = builder({ type: "text", parse: parseList, placeholder: "a,b" });
/** A whole number from 0. */
export const whole = builder({ type: "number", parse: parseWhole, placeholder: "n" });
/** A span of time, in ms: `30s`, `5m`. */
export const duration = builder({
  type: "duration",
  parse: parseDurationMs,
  placeholder: "duration",
});
/** A day of UTC: `2026-08-01`, `today`, `yesterday`. */
export const day = builder({ type: "date", parse: parseDay, placeholder: "date" });
/** A path of a file. */
export const file = builder({ type: "file", parse: String, placeholder: "file" });
/** A path of a folder. */
export const dir = builder({ type: "dir", parse: String, placeholder: "dir" });

/** A value with a parser of its own; the parser throws RangeError for what is no such value. */
export function parsed<Value, const Options extends ParameterOptions = Record<never, never>>(
  parse: (text: string) => Value,
  brief: string,
  options?: Options & { type?: ParameterType },
): Parameter<Given<Value, Options>> {
  const { type = "text", ...rest } = options ?? {};
  return builder({ type, parse, placeholder: "value" })(brief, rest as Options);
}

/** One of these words. */
export function choice<
  const Word extends string,
  const Options extends ParameterOptions = Record<never, never>,
>(values: readonly Word[], brief: string, options?: Options): Parameter<Given<Word, Options>> {
  return { kind: "enum", type: "choice", values, ...common(brief, options ?? {}) };
}

/** An argument that is one of these words. */
export function word<
  const Word extends string,
  const Options extends ParameterOptions = Record<never, never>,
>(values: readonly Word[], brief: string, options?: Options): Parameter<Given<Word, Options>> {
  const parse = (text: string): Word => {
    const known = values.find((value) => value === text);
    if (known !== undefined) return known;
    throw new RangeError(`one of ${values.join(", ")} is wanted. ${suggestion(text, values)}`);
  };
  return { ...parsed(parse, brief, options), type: "choice", values };
}

/** There or not. `negatable` adds `--no-…`, and absent is then a third value. */
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

/** The one-letter names of parameters: letter → name. */
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

/** The values of flags as `run` gets them: what was not given is absent. */
export type ValuesOf<P> =
  & { [Name in Exclude<keyof P, OptionalNames<P>>]: ValueOf<P[Name]> }
  & { [Name in OptionalNames<P>]?: Exclude<ValueOf<P[Name]>, undefined> };

/** The values of arguments by place. */
export type TupleOf<P> = { -readonly [Index in keyof P]: ValueOf<P[Index]> };
