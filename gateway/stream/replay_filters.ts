import { DERIVED_TYPES, escapeToken, FEED_TYPES, recordFilters } from "@ssmd/market";

/** Maximum of names in filters; with more, all records are read and filtered by the gateway. */
const NAMES_MAX = 32;

/**
 * Returns subject filters for all records that a client with these patterns (names, or prefixes
 * followed by `*`) may receive, including gaps of whole feeds.
 */
export function replayFilters(env: string, patterns: readonly string[]): string[] {
  const prefix = escapeToken(env);
  if (patterns.length > NAMES_MAX || patterns.some((pattern) => pattern.endsWith("*"))) {
    return recordFilters(env);
  }
  const filters = patterns.flatMap((name) =>
    FEED_TYPES.filter((type) => type !== "gap").map((type) =>
      `${prefix}.*.${type}.${escapeToken(name)}`
    )
  );
  // Subjects of fires and actions do not contain their market.
  return [...filters, ...recordFilters(env, ["gap", ...DERIVED_TYPES])];
}
