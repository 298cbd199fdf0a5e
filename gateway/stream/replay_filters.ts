import { DERIVED_TYPES, escapeToken, FEED_TYPES, recordFilters } from "@ssmd/market";

/** Maximum of names in filters; for more, everything is read and filtered here. */
const NAMES_MAX = 32;

/**
 * Subject filters that hold all records a client with these patterns (names, or starts of names
 * followed by `*`) may want, gaps of whole feeds among them.
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
  // Subjects of fires and actions do not name their market.
  return [...filters, ...recordFilters(env, ["gap", ...DERIVED_TYPES])];
}
