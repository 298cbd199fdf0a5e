import { ConfigError } from "@ssmd/runtime/errors";
import { nearest } from "@ssmd/runtime/suggest";

/** Name that was not found. */
interface UnknownName {
  /** Kind in the singular: `environment`. */
  what: string;
  name: string;
  /** All known names. */
  names: Iterable<string>;
  /** Search location for the sentence: `in exchanges/feeds`. */
  where?: string;
  /** Default `NAME_UNKNOWN`. */
  code?: string;
}

/** Maximum number of names in a hint. */
const LISTED_MAX = 20;

/** Hint for an unknown name: the nearest one and the known names. */
export function namesHint(name: string, names: Iterable<string>): string {
  const all = [...names].sort();
  const near = nearest(name, all);
  if (near !== undefined && all.length > LISTED_MAX) {
    return `Did you mean "${near}"? There are ${all.length} to choose from`;
  }
  const more = all.length > LISTED_MAX ? `, … (${all.length})` : "";
  const list = all.length === 0
    ? "There are none yet"
    : `There are: ${all.slice(0, LISTED_MAX).join(", ")}${more}`;
  return near === undefined ? list : `Did you mean "${near}"? ${list}`;
}

/** Error for an unknown name that suggests the nearest one. */
export function unknownName({ what, name, names, where, code }: UnknownName): ConfigError {
  const argument = where === undefined ? "" : ` ${where}`;
  return new ConfigError(code ?? "NAME_UNKNOWN", `There is no ${what} "${name}"${argument}`, {
    hint: namesHint(name, names),
    context: { name },
  });
}

/** Throws {@linkcode unknownName} unless `name` is one of `names`. */
export function assertName(unknown: UnknownName & { names: readonly string[] }): void {
  if (!unknown.names.includes(unknown.name)) throw unknownName(unknown);
}
