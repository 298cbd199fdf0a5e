import { ConfigError } from "@ssmd/runtime/errors";
import { suggestion } from "@ssmd/runtime/suggest";
import type { BuilderDefinition, Json, ViewOf } from "../builders/builder.ts";
import { spanUs } from "../builders/span.ts";

/** Value of a parameter. */
export type Param = number | string | boolean;
/** Parameters by name. */
export type Params = Readonly<Record<string, Param>>;
/** Builders by their name in conditions. */
type State = Readonly<Record<string, BuilderDefinition<unknown>>>;
/** Views by name. */
type Views<S> = { readonly [Name in keyof S]: ViewOf<S[Name]> };
/** Parameter values, each of the author's type. */
type ParamValues<P> = {
  readonly [Name in keyof P]: P[Name] extends number ? number
    : P[Name] extends boolean ? boolean
    : string;
};
/** When a condition fires: on turning true, on turning false, or whenever evaluated true. */
export type Edge = "rising" | "falling" | "level";

const EDGES: readonly Edge[] = ["rising", "falling", "level"];
const FIELDS = [
  ...["title", "version", "on", "params", "state", "when", "edge", "cooldown", "every"],
  ...["maxFiresPerHour", "fire"],
];
const FIRES_PER_HOUR = 600;
const FIRES_PER_HOUR_MAX = 36_000;
const EVERY_MIN_US = 100_000;
const BUILDERS_MAX = 32;

/** Signal as its author writes it. */
export interface SignalSpec<S extends State, P extends Params> {
  /** One-line description. */
  title: string;
  /** Integer from 1; increment with each change of meaning. */
  version: number;
  /** Markets to watch, one instance each. */
  on: {
    /** Feed ids. */
    feeds: readonly string[];
    /** Our market names; a trailing `*` matches any rest. */
    symbols: readonly string[];
  };
  /** Numbers, strings and booleans that an environment may override. */
  params?: P;
  /** Builders, by their name in `when` and `fire`. */
  state: S;
  /** Condition; evaluated after each record that a `state` builder takes, once all are warm. */
  when(state: Views<S>, params: ParamValues<P>): boolean;
  /** Default `rising`. */
  edge?: Edge;
  /** Minimum time between two fires of an instance: `30s`; default none. */
  cooldown?: string;
  /** Evaluate at multiples of this, at least 100 ms, instead of after records: `1s`. */
  every?: string;
  /** Maximum fires of an instance per hour (UTC); silent afterwards until the next. Default 600. */
  maxFiresPerHour?: number;
  /** Returns the values of a fire: an object of at most 4 KiB as JSON. */
  fire(state: Views<S>, params: ParamValues<P>): Readonly<Record<string, Json>>;
}

/** Validated signal with defaults filled in. */
export interface SignalDefinition {
  readonly title: string;
  readonly version: number;
  readonly feeds: readonly string[];
  readonly symbols: readonly string[];
  readonly params: Params;
  readonly state: State;
  readonly when: (state: never, params: never) => unknown;
  readonly edge: Edge;
  /** µs; 0 when there is none. */
  readonly cooldownUs: number;
  /** µs; 0 when evaluated after records. */
  readonly everyUs: number;
  readonly maxFiresPerHour: number;
  readonly fire: (state: never, params: never) => unknown;
}

const made = new WeakSet<object>();

/** Returns whether `signal` or `withParams` created a value. */
export function isSignal(value: unknown): value is SignalDefinition {
  return typeof value === "object" && value !== null && made.has(value);
}

/** Declares a signal. Throws ConfigError `SIGNAL_INVALID` that names the field. */
export function signal<const S extends State, P extends Params = Record<never, never>>(
  spec: SignalSpec<S, P>,
): SignalDefinition {
  assertFields(spec);
  const { title, version, on, params = {}, state, when, edge = "rising", fire } = spec;
  const { cooldown, every, maxFiresPerHour = FIRES_PER_HOUR } = spec;
  const everyUs = every === undefined ? 0 : spanUs(every);
  if (typeof title !== "string" || title.trim() === "") throw invalid("title is empty");
  if (!Number.isSafeInteger(version) || version < 1) throw invalid("version is no number from 1");
  if (!EDGES.includes(edge)) throw invalid(`edge "${edge}": ${suggestion(String(edge), EDGES)}`);
  if (everyUs !== 0 && everyUs < EVERY_MIN_US) throw invalid("every is below 100ms");
  if (!isCount(maxFiresPerHour, FIRES_PER_HOUR_MAX)) {
    throw invalid(`maxFiresPerHour is not 1 to ${FIRES_PER_HOUR_MAX}`);
  }
  assertFunction(when, "when");
  assertFunction(fire, "fire");
  assertState(state);
  const definition: SignalDefinition = Object.freeze({
    ...{ title, version, when, fire, edge, maxFiresPerHour, everyUs },
    feeds: texts(on?.feeds, "on.feeds"),
    symbols: patterns(texts(on?.symbols, "on.symbols")),
    params: checkedParams(params),
    state: Object.freeze({ ...state }),
    cooldownUs: cooldown === undefined ? 0 : spanUs(cooldown),
  });
  made.add(definition);
  return definition;
}

/** Returns parameters with overrides applied. Throws ConfigError `SIGNAL_PARAM_INVALID`. */
export function overriddenParams(
  { params }: Pick<SignalDefinition, "params">,
  overrides: Readonly<Record<string, unknown>>,
): Params {
  const values: Record<string, Param> = { ...params };
  for (const [name, value] of Object.entries(overrides)) {
    const own = Object.hasOwn(params, name) ? params[name] : undefined;
    if (own === undefined) {
      const names = Object.keys(params);
      const hint = names.length === 0 ? "It has none" : suggestion(name, names);
      throw badParam(`There is no parameter "${name}"`, hint);
    }
    if (typeof value !== typeof own || (typeof value === "number" && !Number.isFinite(value))) {
      throw badParam(`The parameter "${name}" is a ${typeof own}, not ${String(value)}`);
    }
    values[name] = value as Param;
  }
  return Object.freeze(values);
}

/** Returns the signal with overridden parameters. Throws as `overriddenParams`. */
export function withParams(
  definition: SignalDefinition,
  params: Readonly<Record<string, Param>>,
): SignalDefinition {
  const other = Object.freeze({ ...definition, params: overriddenParams(definition, params) });
  made.add(other);
  return other;
}

function badParam(message: string, hint?: string): ConfigError {
  return new ConfigError("SIGNAL_PARAM_INVALID", message, hint === undefined ? {} : { hint });
}

function assertFields(spec: object): void {
  const strange = Object.keys(spec).find((name) => !FIELDS.includes(name));
  if (strange !== undefined) {
    throw invalid(`there is no field "${strange}": ${suggestion(strange, FIELDS)}`);
  }
}

function assertState(state: State): void {
  const names = Object.keys(state ?? {});
  if (names.length === 0) throw invalid("state has no builder");
  if (names.length > BUILDERS_MAX) throw invalid(`state has more than ${BUILDERS_MAX} builders`);
  for (const name of names) {
    const each = state[name];
    if (typeof each?.create !== "function") {
      throw invalid(`state.${name} is no builder`, "write state: { book: orderbook() }");
    }
  }
}

function checkedParams(params: Params): Params {
  for (const [name, value] of Object.entries(params)) {
    const isFinite = typeof value !== "number" || Number.isFinite(value);
    if (!["number", "string", "boolean"].includes(typeof value) || !isFinite) {
      throw invalid(`params.${name} is no number, text or switch`);
    }
  }
  return Object.freeze({ ...params });
}

function texts(list: readonly string[] | undefined, field: string): readonly string[] {
  const isList = Array.isArray(list) && list.length > 0 &&
    list.every((each) => typeof each === "string" && each !== "");
  if (!isList) throw invalid(`${field} is no list of names`);
  return Object.freeze([...list]);
}

function patterns(list: readonly string[]): readonly string[] {
  const strange = list.find((each) => each.slice(0, -1).includes("*"));
  if (strange !== undefined) throw invalid(`"${strange}": a * stands only at the end`);
  return list;
}

function assertFunction(value: unknown, field: string): void {
  if (typeof value !== "function") throw invalid(`${field} is no function`);
}

function isCount(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= max;
}

function invalid(message: string, hint?: string): ConfigError {
  return new ConfigError("SIGNAL_INVALID", `The signal is wrong: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
  });
}
