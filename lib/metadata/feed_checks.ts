import { ConfigError } from "@ssmd/runtime";
import type { Calendar } from "./calendar.ts";
import type { QaRules } from "./qa.ts";
import { loadCalendar, loadFeed, loadQaRules } from "./registry.ts";

/** What a feed's days are checked with. */
export interface FeedChecks {
  /** The checks. */
  rules: QaRules;
  /** When the feed is open; absent = always. */
  calendar?: Calendar;
}

/**
 * The checks of a feed with its calendar; undefined = the registry folder `dir` has no file of
 * checks for it. Throws ConfigError for a file that is wrong.
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
