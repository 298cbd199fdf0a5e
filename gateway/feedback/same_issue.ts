import { isoOfUs, usOfIso } from "@ssmd/runtime";
import type { FeedbackEntry } from "./entry.ts";
import { FEEDBACK_LIMITS } from "./limits.ts";
import type { Report } from "./report.ts";

/** Whether a report concerns this entry of the same kind, feed and symbol. */
export function isSameIssue(report: Report, entry: FeedbackEntry): boolean {
  if (report.record !== undefined || entry.record !== null) return report.record === entry.record;
  if (report.from !== undefined && entry.from !== null) {
    const from = usOfIso(entry.from);
    const to = entry.to === null ? from : usOfIso(entry.to);
    const near = FEEDBACK_LIMITS.sameIssueUs;
    return (report.to ?? report.from) >= from - near && report.from <= to + near;
  }
  if (report.from !== undefined || entry.from !== null) return false;
  return entry.texts.some(({ text }) => isSameText(text, report.text));
}

/** Returns the span of an entry widened by a further report. */
export function widened(
  entry: Pick<FeedbackEntry, "from" | "to">,
  report: Report,
): Pick<FeedbackEntry, "from" | "to"> {
  if (report.from === undefined) return { from: entry.from, to: entry.to };
  const times = [report.from, report.to ?? report.from];
  for (const known of [entry.from, entry.to]) if (known !== null) times.push(usOfIso(known));
  return { from: isoOfUs(Math.min(...times)), to: isoOfUs(Math.max(...times)) };
}

function isSameText(a: string, b: string): boolean {
  const [left, right] = [wordsOf(a), wordsOf(b)];
  if (left.size === 0 || right.size === 0) return left.size === right.size;
  const common = [...left].filter((word) => right.has(word)).length;
  return common / (left.size + right.size - common) >= FEEDBACK_LIMITS.sameWordsMin;
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
}
