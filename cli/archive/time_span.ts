import { usOfDay } from "@ssmd/archive";
import type { TimeSpan } from "@ssmd/dataset/time_span";
import { DAY_US, DAY_WORDS, dayNamed, nowUs, parseDurationMs, usOfIso } from "@ssmd/runtime";
import { UsageError } from "../exit.ts";

/** Formats accepted by {@linkcode parseMoment}. */
const MOMENT_WORDS = `${DAY_WORDS}; YYYY-MM-DDTHH:MM:SSZ; or 90m, 2h for how long ago`;

/** Flags that select a time span. */
export interface SpanFlags {
  date?: string;
  from?: number;
  to?: number;
}

/**
 * Parses a UTC day (its midnight), ISO 8601 in UTC (`2026-08-01T02:53:50Z`), or a time ago (`90m`)
 * into µs since 1970. Throws RangeError that lists the allowed forms.
 */
export function parseMoment(text: string): number {
  const day = dayNamed(text);
  if (day !== undefined) return usOfDay(day);
  if (text === "now") return nowUs();
  if (/^\d+(\.\d+)?[smh]$/.test(text)) return nowUs() - parseDurationMs(text) * 1000;
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text);
  const us = isTime ? usOfIso(text) : NaN;
  if (Number.isNaN(us)) throw new RangeError(`a time is ${MOMENT_WORDS}`);
  return us;
}

/** End of a span, µs; for a day, the end of that day. Throws like {@linkcode parseMoment}. */
export function parseEnd(text: string): number {
  const us = parseMoment(text);
  return dayNamed(text) === undefined ? us : us + DAY_US;
}

/** Time span of the flags. Throws UsageError `SPAN_INVALID` when they contradict each other. */
export function spanOf({ date, from, to }: SpanFlags): TimeSpan {
  if (date !== undefined) {
    if (from !== undefined || to !== undefined) {
      throw new UsageError(
        "SPAN_INVALID",
        "--date names a whole day: --from and --to cannot narrow it",
        {
          hint: "Leave out --date, or --from and --to",
        },
      );
    }
    return { fromUs: usOfDay(date), toUs: usOfDay(date) + DAY_US };
  }
  if (from !== undefined && to !== undefined && to <= from) {
    throw new UsageError("SPAN_INVALID", "--to is not behind --from: nothing lies between", {
      hint: "--to is the first moment that is left out; a day alone is within",
    });
  }
  return {
    ...(from === undefined ? {} : { fromUs: from }),
    ...(to === undefined ? {} : { toUs: to }),
  };
}
