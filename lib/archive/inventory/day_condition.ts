import type { Expired, Manifest } from "../manifest.ts";
import { isMissing } from "../manifest_quality.ts";

/** How good a day of a feed is, best first. */
export const DAY_CONDITIONS = ["available", "degraded", "partial", "expired", "missing"] as const;

/** One of {@linkcode DAY_CONDITIONS}. */
export type DayCondition = typeof DAY_CONDITIONS[number];

/** What a day is judged by. */
interface DayEvidence {
  /** The day's manifests; undefined = there is none. */
  raw: Manifest | undefined;
  normalized: Manifest | undefined;
  /** Why a manifest cannot be read; undefined = each can. */
  unreadable?: string | undefined;
  /** Whether the day is over, with a minute for records on their way. */
  isOver: boolean;
}

/** A day's condition, and why in one sentence. */
interface Judgement {
  condition: DayCondition;
  why: string;
}

/**
 * The rules, in this order:
 *
 * 1. expired: retention removed its records, whole and on purpose. Where only raw has expired the
 *    records are judged, and it is told.
 * 2. missing: nothing is archived of the day, neither raw nor normalized. A day with a manifest and
 *    no records is not missing: somebody watched, and nothing came.
 * 3. partial: something that was captured is known not to be here: a manifest cannot be read, says
 *    `partial` or `failed`, or is there for raw files with frames and not for records; or the day is
 *    over and nobody has said that it is complete.
 * 4. degraded: all that was captured is here, and gaps are recorded within it.
 * 5. available: all that was captured is here, without a gap other than planned stops, which are told. A day that goes on is available as far
 *    as it has come.
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
  if (normalized?.status === "open" && isOver) {
    return "The day is over and no archiver has completed it yet.";
  }
  return undefined;
}
