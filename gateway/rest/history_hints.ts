import type { GapSpan } from "../history/gap_span.ts";

/** Returns plain sentences about a page of a history. */
export function historyHints(
  { list, count, gaps, hasNext }: {
    list: string;
    count: number;
    gaps: readonly GapSpan[];
    hasNext: boolean;
  },
): string[] {
  const hints: string[] = [];
  if (hasNext && count === 0) hints.push(`No ${list} in this stretch: go on with next as cursor.`);
  else if (hasNext) hints.push("There is more: give next as cursor, with the same parameters.");
  else if (count === 0) hints.push(`There are no ${list} in this span.`);
  return [...hints, ...gapHints(gaps)];
}

/** Returns hints about gaps. */
export function gapHints(gaps: readonly GapSpan[]): string[] {
  const reasons = new Set(gaps.map(({ reason }) => reason));
  const hints: string[] = [];
  if (reasons.delete("not_archived_yet")) {
    hints.push("A part is not in the archive yet: ask again in two minutes to have it whole.");
  }
  if (reasons.delete("not_kept")) {
    hints.push("Before the gateway's start nothing is known here: it reads no archive.");
  }
  if (reasons.delete("archive_damaged")) {
    hints.push("A file of the archive is damaged: see `ssmd archive verify`.");
  }
  if (reasons.delete("no_records")) {
    hints.push("A day has raw files and no records: `ssmd reprocess run` makes them.");
  }
  if (reasons.size > 0) {
    hints.push(
      `Records are missing or suspect in the times under gaps (${[...reasons].join(", ")}).`,
    );
  }
  return hints;
}
