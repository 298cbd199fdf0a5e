/** Format of a result. */
export type OutputFormat = "table" | "json" | "yaml";

/** Output format of long-running commands: text, or one JSON value per line. */
export type StreamFormat = "table" | "json";

/** All stream formats. */
export const STREAM_FORMATS: readonly StreamFormat[] = ["table", "json"];

/** All output formats, for `--output`. */
export const OUTPUT_FORMATS: readonly OutputFormat[] = ["table", "json", "yaml"];
