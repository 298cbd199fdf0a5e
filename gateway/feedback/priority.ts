import { type FeedbackEntry, PRIORITIES, type Priority } from "./entry.ts";
import { FEEDBACK_LIMITS } from "./limits.ts";

const BASE: Readonly<Record<FeedbackEntry["kind"], Priority>> = {
  wrong_value: "high",
  duplicate: "medium",
  missing_data: "medium",
  wrong_time: "medium",
  stale: "medium",
  wrong_metadata: "low",
  other: "low",
};

/**
 * Returns the priority of an issue: by kind; lower when the data contradicts it or a known gap
 * explains it, higher when several clients report it.
 */
export function priorityOf(
  { kind, evidence, reporters }: Pick<FeedbackEntry, "kind" | "evidence" | "reporters">,
): Priority {
  let level = PRIORITIES.indexOf(BASE[kind]);
  if (evidence.contradicts) level--;
  if (kind === "missing_data" && evidence.gaps > 0) level--;
  if (reporters.length >= FEEDBACK_LIMITS.reportersRaising) level++;
  return PRIORITIES[Math.max(0, Math.min(PRIORITIES.length - 1, level))] as Priority;
}

/** Whether the data itself confirms the issue. */
export function isConfirmed({ kind, evidence }: Pick<FeedbackEntry, "kind" | "evidence">): boolean {
  return kind === "missing_data" && evidence.gaps > 0 ||
    kind === "stale" && evidence.market_state === "stale";
}
