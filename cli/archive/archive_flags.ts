import { EVENT_TYPES } from "@ssmd/market";
import { parseSymbol } from "./requested_symbols.ts";
import { parseEnd, parseMoment } from "./time_span.ts";
import { choice, day, dir, parsed, text } from "../command/flag.ts";

/** `--data`, where an archive is read. */
export const ARCHIVE = dir("Folder of the archive; default: the storage of --env, else ./data");

/** `--date`, `--from` and `--to`: a span of receive time; µs. */
export const SPAN_FLAGS = {
  date: day("One day, UTC: YYYY-MM-DD, today, yesterday, or 7d (days ago)"),
  from: parsed(
    parseMoment,
    "Received from then on: a day as --date has it, YYYY-MM-DDTHH:MM:SSZ, or 90m (ago)",
    { placeholder: "time" },
  ),
  to: parsed(
    parseEnd,
    "Received before then, as --from has it; a day is within, as a whole",
    { placeholder: "time" },
  ),
};

/** `--feed`, several times. */
export const FEEDS = text("Of this feed; may be repeated", {
  placeholder: "feed",
  completes: "feed",
  repeated: true,
});

/** `--symbol` of archived records, several times. */
export const SYMBOLS = parsed(parseSymbol, "Of this symbol; may be repeated", {
  placeholder: "symbol",
  completes: "symbol",
  repeated: true,
});

/** `--type` of records, several times. */
export const RECORD_TYPES = choice(EVENT_TYPES, "Of this type; may be repeated", {
  repeated: true,
});

/** `--version` of normalized records. */
export const RECORDS_VERSION = text("Version of the records; default the active one", {
  placeholder: "version",
});
