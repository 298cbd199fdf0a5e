import type { ParameterExtras } from "../flags.ts";
import type { CatalogueParameter, Completes, ParameterType } from "./catalogue.ts";

/** A flag or argument as the parser keeps it, with what ours may add. */
export interface RawParameter extends ParameterExtras {
  kind?: string;
  /** Declared by `defineCommand`; else guessed from the rest. */
  type?: ParameterType;
  brief: string;
  placeholder?: string;
  default?: unknown;
  optional?: boolean;
  variadic?: boolean | string;
  hidden?: boolean;
  withNegated?: boolean;
}

/** What is known of a parameter besides itself. */
export interface ParameterPlace {
  /** Words of the command; none = of all commands. */
  route: readonly string[];
  alias?: string;
  argument?: boolean;
}

/** A parameter for the catalogue. */
export function parameterOf(
  name: string,
  raw: RawParameter,
  { route, alias, argument = false }: ParameterPlace,
): CatalogueParameter {
  const completes = raw.type !== undefined
    ? raw.completes ?? pathOf(raw.type)
    : raw.completes ?? completesOf(name, raw, route, argument);
  const type = typeOf(raw, completes);
  const fallback = defaultOf(raw);
  const flagSwitch = type === "boolean";
  return {
    name: kebab(name),
    brief: raw.brief,
    type,
    ...(raw.values === undefined ? {} : { values: [...raw.values] }),
    ...(fallback === undefined ? {} : { default: fallback }),
    required: raw.optional !== true && raw.default === undefined && !flagSwitch,
    repeated: raw.variadic !== undefined && raw.variadic !== false,
    ...(raw.placeholder === undefined ? {} : { placeholder: raw.placeholder }),
    ...(alias === undefined ? {} : { alias }),
    ...(flagSwitch && raw.withNegated !== false ? { negatable: true } : {}),
    ...(completes === undefined ? {} : { completes }),
  };
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function defaultOf({ default: value }: RawParameter): string | boolean | undefined {
  if (typeof value === "string" || typeof value === "boolean") return value;
  return Array.isArray(value) ? value.join(",") : undefined;
}

function typeOf(raw: RawParameter, completes: Completes | undefined): ParameterType {
  if (raw.type !== undefined) return raw.type;
  if (raw.kind === "boolean") return "boolean";
  if (raw.kind === "counter") return "count";
  if (raw.values !== undefined) return "choice";
  if (completes === "file" || completes === "dir") return completes;
  const { placeholder = "" } = raw;
  if (/^n(\||$)|number|count|days|port/.test(placeholder)) return "number";
  if (/duration|^\d+(ms|s|m|h)$/.test(placeholder)) return "duration";
  return /date|day|YYYY/.test(placeholder) ? "date" : "text";
}

function pathOf(type: ParameterType): Completes | undefined {
  return type === "file" || type === "dir" ? type : undefined;
}

const NOUNS: readonly (readonly [RegExp, Completes])[] = [
  [/^env(ironment)?s?$/, "environment"],
  [/^calendars?$/, "calendar"],
  [/^feeds?$/, "feed"],
  [/^symbols?$/, "symbol"],
  [/^schemas?$/, "schema"],
  [/^keys?$/, "key"],
  [/^(file|path|capture)s?$/, "file"],
  [/^(dir|folder|data)$/, "dir"],
];

/** Words that make a new thing: what is there does not fit. */
const MAKES = /^(create|register|init|new)$/;

/** What completes a parameter that does not say so itself: by its placeholder, its name, its command. */
function completesOf(
  name: string,
  { placeholder, values, kind }: RawParameter,
  route: readonly string[],
  argument: boolean,
): Completes | undefined {
  if (values !== undefined || kind === "boolean" || kind === "counter") return undefined;
  const byPlaceholder = nounOf(placeholder);
  const made = argument && MAKES.test(route[1] ?? "") && byPlaceholder !== "file";
  if (made) return undefined;
  if (byPlaceholder !== undefined) return byPlaceholder;
  if (!argument) {
    return placeholder === undefined || placeholder === "name" ? nounOf(name) : undefined;
  }
  return /^(name|id)$/.test(placeholder ?? "name") ? nounOf(route[0]) : undefined;
}

function nounOf(word: string | undefined): Completes | undefined {
  return word === undefined ? undefined : NOUNS.find(([pattern]) => pattern.test(word))?.[1];
}
