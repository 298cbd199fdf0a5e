import { DEPTH_MAX, type Interval, INTERVALS } from "@ssmd/dataset/series";
import { EVENT_TYPES } from "@ssmd/market";
import { parseSymbol } from "./requested_symbols.ts";
import { parseEnd, parseMoment } from "./time_span.ts";
import { choice, day, dir, parsed, text, type ValuesOf } from "../command/flag.ts";

/** `--data` of commands that read an archive. */
export const ARCHIVE = dir("Folder of the archive; default: the storage of --env, else ./data");

/** `--date`, `--from` and `--to`: a range of receive time, µs. */
export const SPAN_FLAGS = {
  date: day("One day, UTC: YYYY-MM-DD, today, yesterday, or 7d (days ago)"),
  from: parsed(
    parseMoment,
    "Start of the receive times: a day as in --date, YYYY-MM-DDTHH:MM:SSZ, or 90m (ago)",
    { placeholder: "time" },
  ),
  to: parsed(
    parseEnd,
    "End of the receive times, in the form of --from; excluded, but a day is included as a " +
      "whole",
    { placeholder: "time" },
  ),
};

/** `--feed`, repeatable. */
export const FEEDS = text("Feed; may be repeated", {
  placeholder: "feed",
  completes: "feed",
  repeated: true,
});

/** `--symbol` of archived records, repeatable. */
export const SYMBOLS = parsed(parseSymbol, "Symbol; may be repeated", {
  placeholder: "symbol",
  completes: "symbol",
  repeated: true,
});

/** `--type` of records, repeatable. */
export const RECORD_TYPES = choice(EVENT_TYPES, "Record type; may be repeated", {
  repeated: true,
});

/** `--every` and `--depth` of bar and book series. */
export const SERIES_FLAGS = {
  every: choice(
    Object.keys(INTERVALS) as Interval[],
    "Interval of bars (default 1m) and of book (default 1s)",
  ),
  depth: parsed(parseDepth, `Levels per side of book, up to ${DEPTH_MAX}; default 10`, {
    placeholder: "levels",
    type: "number",
  }),
};

function parseDepth(text: string): number {
  const depth = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (depth >= 1 && depth <= DEPTH_MAX) return depth;
  throw new RangeError(`a depth is a number from 1 to ${DEPTH_MAX}`);
}

/** Series options from the flags. */
export function seriesOf({ every, depth }: ValuesOf<typeof SERIES_FLAGS>) {
  return {
    series: {
      ...(every === undefined ? {} : { every }),
      ...(depth === undefined ? {} : { depth }),
    },
  };
}

/** `--version` of normalized records. */
export const RECORDS_VERSION = text("Version of the records; default the active one", {
  placeholder: "version",
});
