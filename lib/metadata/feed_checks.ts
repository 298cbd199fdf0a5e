import { ConfigError } from "@ssmd/runtime";
import type { Calendar } from "./calendar.ts";
import type { QaRules } from "./qa.ts";
import { loadCalendar, loadFeed, loadQaRules } from "./registry.ts";

/** QA rules and calendar of a feed. */
export interface FeedChecks {
  /** QA rules. */
  rules: QaRules;
  /** Trading calendar; absent = always open. */
  calendar?: Calendar;
}

/**
 * Loads a feed's QA rules and calendar; undefined = the registry folder `dir` has no QA file for
 * it. Throws ConfigError for an invalid file.
 */
export async function loadFeedChecks(dir: string, feed: string): Promise<FeedChecks | undefined> {
  try {
    const rules = await loadQaRules(dir, feed);
    const calendar = await loadCalendar(dir, await loadFeed(dir, feed));
    return calendar === undefined ? { rules } : { rules, calendar };
  } catch (error) {
    if (error instanceof ConfigError && error.code === "CONFIG_NOT_FOUND") return undefined;
    throw error;
  }
}
