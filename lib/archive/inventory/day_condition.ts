import type { Expired, Manifest } from "../manifest.ts";
import { isMissing } from "../manifest_quality.ts";
import { NORMALIZED_VERSION } from "../paths.ts";

/** Conditions of a feed's day, best first. */
export const DAY_CONDITIONS = ["available", "degraded", "partial", "expired", "missing"] as const;

/** One of {@linkcode DAY_CONDITIONS}. */
export type DayCondition = typeof DAY_CONDITIONS[number];

/** Input of {@linkcode conditionOf}. */
interface DayEvidence {
  /** Manifests of the day; undefined when there is none. */
  raw: Manifest | undefined;
  normalized: Manifest | undefined;
  /** Error text of an unreadable manifest; undefined when all are readable. */
  unreadable?: string | undefined;
  /** Whether the day is over, including one minute of grace for late records. */
  isOver: boolean;
}

/** A day's condition, and the reason in one sentence. */
interface Judgement {
  condition: DayCondition;
  why: string;
}

/**
 * Returns the condition of a day. The first matching rule wins:
 *
 * 1. expired: retention removed all records on purpose. When only raw has expired, the records
 *    decide, and the reason mentions it.
 * 2. missing: nothing is archived, neither raw nor normalized. A manifest without records is not
 *    missing: capture ran and received nothing.
 * 3. partial: captured data is known to be absent: a manifest is unreadable or says `partial` or
 *    `failed`; raw frames came after another version was made of them; or the day is over, and it
 *    is not marked complete or raw frames have no records.
 * 4. degraded: all captured data is here, with recorded gaps.
 * 5. available: all captured data is here, with no gaps except planned stops, which the reason
 *    mentions. A day in progress is available as far as it has been archived.
 */
export function conditionOf(evidence: DayEvidence): Judgement {
  const { raw, normalized, unreadable } = evidence;
  if (unreadable === undefined && normalized?.expired !== undefined) {
    return { condition: "expired", why: expiredText(normalized.expired) };
  }
  const judgement = conditionOfRecords(evidence);
  if (raw?.expired === undefined) return judgement;
  return { ...judgement, why: `${judgement.why} Raw: ${expiredText(raw.expired)}` };
}

function expiredText({ at, keptDays, files }: Expired): string {
  const what = `${files} file${files === 1 ? "" : "s"}`;
  return `Expired by retention: ${what} removed on ${at.slice(0, 10)}, kept ${keptDays} days.`;
}

function conditionOfRecords({ raw, normalized, unreadable, isOver }: DayEvidence): Judgement {
  if (unreadable !== undefined) return { condition: "partial", why: unreadable };
  if (raw === undefined && normalized === undefined) {
    return { condition: "missing", why: "Nothing is archived of this day." };
  }
  const partial = whyPartial(raw, normalized, isOver);
  if (partial !== undefined) return { condition: "partial", why: partial };
  const gaps = normalized?.gaps.filter(isMissing) ?? [];
  if (gaps.some(({ reason }) => reason !== "planned")) {
    return { condition: "degraded", why: "Gaps are recorded within it." };
  }
  if (gaps.length > 0) {
    return {
      condition: "available",
      why: "All that was captured is here; capture was stopped on purpose.",
    };
  }
  if ((normalized?.count ?? 0) === 0) {
    return { condition: "available", why: "Nothing came: the day is empty, not missing." };
  }
  const why = isOver ? "All that was captured is here." : "All that was captured so far is here.";
  return { condition: "available", why };
}

function whyPartial(
  raw: Manifest | undefined,
  normalized: Manifest | undefined,
  isOver: boolean,
): string | undefined {
  for (const [kind, manifest] of [["raw", raw], ["normalized", normalized]] as const) {
    const status = manifest?.status;
    if (status === "partial") return `Its ${kind} manifest says that something is missing.`;
    if (status === "failed") return `Its ${kind} files could not be written.`;
  }
  const frames = (raw?.files ?? []).some((file) => (file.frames ?? 0) > 0);
  if (normalized === undefined && frames && isOver) {
    return "There are raw frames and no records: reprocess the day.";
  }
  if (isOutdated(raw, normalized)) {
    return `Raw frames came after ${normalized?.version} was made: reprocess the day again.`;
  }
  if (normalized?.status === "open" && isOver) {
    return "The day is over and no archiver has completed it yet.";
  }
  return undefined;
}

/** Whether raw files were added after a reprocessed version of the day was written. */
function isOutdated(raw: Manifest | undefined, normalized: Manifest | undefined): boolean {
  if (raw === undefined || normalized === undefined || raw.expired !== undefined) return false;
  const { version = NORMALIZED_VERSION, updatedAt } = normalized;
  return version !== NORMALIZED_VERSION && raw.updatedAt > updatedAt;
}
