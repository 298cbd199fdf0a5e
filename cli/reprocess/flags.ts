import { dayOfUs } from "@ssmd/archive";
import { type SpanFlags, spanOf } from "../archive/time_span.ts";
import { ARCHIVE } from "../archive/archive_flags.ts";
import { ENVIRONMENT_FILTER } from "../command/common_flags.ts";
import { text } from "../command/flag.ts";
import { UsageError } from "../exit.ts";

/** Flags of commands on record versions. */
export const VERSION_FLAGS = {
  data: ARCHIVE,
  env: ENVIRONMENT_FILTER,
  feed: text("Feed", { placeholder: "feed", completes: "feed", required: true }),
};

/**
 * First and last day of the flags; all days when absent. Throws UsageError `SPAN_INVALID` when the
 * flags contradict each other or do not name whole days.
 */
export function daySpanOf(flags: SpanFlags): { from: string; to: string } {
  const { fromUs, toUs } = spanOf(flags);
  for (const us of [fromUs, toUs]) {
    if (us === undefined || us % 86_400_000_000 === 0) continue;
    throw new UsageError("SPAN_INVALID", "Days are made and checked as a whole", {
      hint: "Name days with --from and --to: YYYY-MM-DD, today, yesterday, 7d; both are within",
    });
  }
  return {
    from: fromUs === undefined ? "0000-01-01" : dayOfUs(fromUs),
    to: toUs === undefined ? "9999-12-31" : dayOfUs(toUs - 1),
  };
}
