/** How a result is printed. */
export type OutputFormat = "table" | "json" | "yaml";

/** How a command that goes on for long says what happens: for a person, or a JSON value a line. */
export type StreamFormat = "table" | "json";

/** All stream formats. */
export const STREAM_FORMATS: readonly StreamFormat[] = ["table", "json"];

/** All output formats, for the flag `--output`. */
export const OUTPUT_FORMATS: readonly OutputFormat[] = ["table", "json", "yaml"];
