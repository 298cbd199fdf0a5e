import { TransportError } from "@ssmd/runtime";

/** Returns whether a subject matches a filter. */
export type SubjectMatcher = (subject: string) => boolean;

/**
 * Compiles a filter with NATS wildcards: `*` matches one token, `>` one or more at the end. Throws
 * a TransportError `FILTER_INVALID` for an empty token, blanks, or a `>` that is not last.
 */
export function compileFilter(filter: string): SubjectMatcher {
  const tokens = tokensOf(filter);
  if (!tokens.includes("*") && !tokens.includes(">")) return (subject) => subject === filter;
  const pattern = tokens.map((token) => {
    if (token === "*") return "[^.]+";
    if (token === ">") return ".+";
    return token.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  });
  const expression = new RegExp(`^${pattern.join("\\.")}$`, "s");
  return (subject) => expression.test(subject);
}

/**
 * Compiles several filters; the matcher is true when any of them matches. Throws as {@linkcode
 * compileFilter} does, and `FILTER_INVALID` when there is none.
 */
export function compileFilters(filters: readonly string[]): SubjectMatcher {
  if (filters.length === 0) throw invalid("", "no filter was given");
  const matchers = filters.map(compileFilter);
  const [only] = matchers;
  if (only !== undefined && matchers.length === 1) return only;
  return (subject) => matchers.some((matches) => matches(subject));
}

/**
 * Returns the filters without those that another one includes, in their order. Throws as {@linkcode
 * compileFilter} does, and `FILTER_INVALID` when there is none.
 */
export function distinctFilters(filters: readonly string[]): string[] {
  if (filters.length === 0) throw invalid("", "no filter was given");
  const unique = [...new Set(filters)];
  const tokens = new Map(unique.map((filter) => [filter, tokensOf(filter)]));
  return unique.filter((filter) =>
    !unique.some((other) =>
      other !== filter && includes(tokens.get(other) ?? [], tokens.get(filter) ?? [])
    )
  );
}

/** Returns whether a subject can match both filters. */
export function filtersOverlap(a: string, b: string): boolean {
  const left = tokensOf(a);
  const right = tokensOf(b);
  for (let i = 0;; i++) {
    const one = left[i];
    const other = right[i];
    if (one === undefined || other === undefined) return one === other;
    if (one === ">" || other === ">") return true;
    if (one !== other && one !== "*" && other !== "*") return false;
  }
}

function includes(wide: readonly string[], narrow: readonly string[]): boolean {
  for (let i = 0;; i++) {
    const one = wide[i];
    const other = narrow[i];
    if (one === undefined || other === undefined) return one === other;
    if (one === ">") return true;
    if (other === ">" || (one !== other && one !== "*")) return false;
  }
}

function tokensOf(filter: string): string[] {
  const tokens = filter.split(".");
  tokens.forEach((token, i) => {
    if (token === "") throw invalid(filter, "it has an empty token");
    if (/\s/.test(token)) throw invalid(filter, "it has a blank");
    if (token === ">" && i !== tokens.length - 1) {
      throw invalid(filter, '">" is not its last token');
    }
  });
  return tokens;
}

function invalid(filter: string, why: string): TransportError {
  return new TransportError(
    "FILTER_INVALID",
    `The subject filter "${filter}" is refused: ${why}`,
    {
      context: { filter },
      hint: 'A filter looks like "prod.kraken.trade.*" or "prod.kraken.>"',
    },
  );
}

/** Returns the narrowest filter of the form `a.b.>` that matches all `subjects`; at least one. */
export function commonFilter(subjects: readonly string[]): string {
  const [first = ">", ...others] = new Set(subjects);
  if (others.length === 0) return first;
  const tokens = first.split(".");
  let shared = tokens.length - 1;
  for (const other of others) {
    const compared = other.split(".");
    let n = 0;
    while (n < shared && n < compared.length - 1 && tokens[n] === compared[n]) n++;
    shared = n;
  }
  return [...tokens.slice(0, shared), ">"].join(".");
}
