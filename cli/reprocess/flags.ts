import { dayOfUs } from "@ssmd/archive";
import { type SpanFlags, spanOf } from "../archive/time_span.ts";
import { ARCHIVE } from "../archive/archive_flags.ts";
import { ENVIRONMENT_FILTER } from "../command/common_flags.ts";
import { text } from "../command/flag.ts";
import { UsageError } from "../exit.ts";

/** Flags of every command about versions of a feed's records. */
export const VERSION_FLAGS = {
  data: ARCHIVE,
  env: ENVIRONMENT_FILTER,
  feed: text("The feed", { placeholder: "feed", completes: "feed", required: true }),
};

/**
 * First and last day that the flags name, of all when they name none. Throws UsageError
 * `SPAN_INVALID` where they contradict each other or cut a day.
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
