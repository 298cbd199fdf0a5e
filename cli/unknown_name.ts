import { ConfigError } from "@ssmd/runtime/errors";
import { nearest } from "@ssmd/runtime/suggest";

/** A name that is not there. */
interface UnknownName {
  /** What it should have been one of, in the singular: `environment`. */
  what: string;
  name: string;
  /** Every name that there is. */
  names: Iterable<string>;
  /** Where was looked, for the sentence: `in exchanges/feeds`. */
  where?: string;
  /** Default `NAME_UNKNOWN`. */
  code?: string;
}

/** Names that are listed in a hint at most. */
const LISTED_MAX = 20;

/** The hint for a name that is not there: the nearest one, and which there are. */
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

/** The error for a name that is not there, with the one that was probably meant. */
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
