import { dayOfUs } from "@ssmd/archive";
import { type SpanFlags, spanOf } from "../archive/time_span.ts";
import { UsageError } from "../exit.ts";
import { ARCHIVE_FLAG, ENV_FILTER_FLAG, OUTPUT_FLAG } from "../flags.ts";
import type { OutputFormat } from "../render.ts";

/** Flags of every command about versions. */
export interface VersionFlags {
  data?: string;
  env?: string;
  output: OutputFormat;
}

/** See {@linkcode VersionFlags}. */
export const VERSION_FLAGS = {
  data: ARCHIVE_FLAG,
  env: ENV_FILTER_FLAG,
  output: OUTPUT_FLAG,
} as const;

/** `--feed` where one must be named. */
export const FEED_FLAG = {
  kind: "parsed",
  parse: String,
  brief: "The feed",
  placeholder: "feed",
  completes: "feed",
} as const;

/** A version that must be named, by a flag. */
export function versionFlag(brief: string) {
  return { kind: "parsed", parse: String, brief, placeholder: "version" } as const;
}

/**
 * First and last day that the flags name, of all when they name none. Throws UsageError
 * `SPAN_INVALID` where they contradict each other or cut a day.
 */
export function daySpanOf(flags: SpanFlags): { from: string; to: string } {
  const { fromUs, toUs } = spanOf(flags);
  for (const us of [fromUs, toUs]) {
    if (us === undefined || us % 86_400_000_000 === 0) continue;
    throw new UsageError("SPAN_INVALID", "Days are made and checked as a whole.", {
      hint: "Name days with --from and --to: YYYY-MM-DD, today, yesterday, 7d; both are within.",
    });
  }
  return {
    from: fromUs === undefined ? "0000-01-01" : dayOfUs(fromUs),
    to: toUs === undefined ? "9999-12-31" : dayOfUs(toUs - 1),
  };
}
