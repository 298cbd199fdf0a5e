import { usOfDay } from "@ssmd/archive";
import { usOfIso } from "@ssmd/runtime";
import { UsageError } from "../exit.ts";
import { parseDay } from "../registry/flags.ts";

const DAY_US = 86_400_000_000;

/** A span of receive time, µs; open where an end is absent. */
export interface TimeSpan {
  /** The first moment within. */
  fromUs?: number;
  /** The first moment behind it. */
  toUs?: number;
}

/** The flags that name a span. */
export interface SpanFlags {
  date?: string;
  from?: number;
  to?: number;
}

/**
 * A moment: a UTC day (its midnight), or ISO 8601 in UTC (`2026-08-01T02:53:50Z`), µs. Throws
 * RangeError that names what is allowed.
 */
export function parseMoment(text: string): number {
  if (/^\d{4}-\d\d-\d\d$/.test(text) || text === "today") return usOfDay(parseDay(text));
  const us = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text) ? usOfIso(text) : NaN;
  if (Number.isNaN(us)) throw new RangeError("a time is YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ, UTC");
  return us;
}

/** `--date`, `--from` and `--to`. */
export const SPAN_FLAGS = {
  date: {
    kind: "parsed",
    parse: parseDay,
    brief: "One day, UTC: YYYY-MM-DD, or today",
    optional: true,
    placeholder: "date",
  },
  from: {
    kind: "parsed",
    parse: parseMoment,
    brief: "Received from then on: YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ",
    optional: true,
    placeholder: "time",
  },
  to: {
    kind: "parsed",
    parse: parseMoment,
    brief: "Received before then; a day alone is its midnight",
    optional: true,
    placeholder: "time",
  },
} as const;

/** The span that the flags name. Throws UsageError `SPAN_INVALID` where they contradict each other. */
export function spanOf({ date, from, to }: SpanFlags): TimeSpan {
  if (date !== undefined) {
    if (from !== undefined || to !== undefined) {
      throw new UsageError(
        "SPAN_INVALID",
        "--date names a whole day: --from and --to cannot narrow it.",
        {
          hint: "Leave out --date, or --from and --to.",
        },
      );
    }
    return { fromUs: usOfDay(date), toUs: usOfDay(date) + DAY_US };
  }
  if (from !== undefined && to !== undefined && to <= from) {
    throw new UsageError("SPAN_INVALID", "--to is not behind --from: nothing lies between.", {
      hint: "--to is the first moment that is left out.",
    });
  }
  return {
    ...(from === undefined ? {} : { fromUs: from }),
    ...(to === undefined ? {} : { toUs: to }),
  };
}

/** Whether any moment of a UTC day lies in a span. */
export function touchesDay({ fromUs = 0, toUs = Infinity }: TimeSpan, day: string): boolean {
  const startUs = usOfDay(day);
  return startUs < toUs && startUs + DAY_US > fromUs;
}

/** The part of a span that lies in a UTC day. */
export function withinDay({ fromUs = 0, toUs = Infinity }: TimeSpan, day: string) {
  const startUs = usOfDay(day);
  return { fromUs: Math.max(fromUs, startUs), toUs: Math.min(toUs, startUs + DAY_US) };
}

/** Whether a span leaves out a part of a UTC day. */
export function cutsDay(span: TimeSpan, day: string): boolean {
  const { fromUs, toUs } = withinDay(span, day);
  return fromUs > usOfDay(day) || toUs < usOfDay(day) + DAY_US;
}
