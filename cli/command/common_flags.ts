import { OUTPUT_FORMATS, STREAM_FORMATS } from "../output_format.ts";
import { choice, duration, on, text } from "./flag.ts";

/** `--output` of every command that prints data. */
export const OUTPUT = choice(OUTPUT_FORMATS, "table, json or yaml", { default: "table" });

/** `--output` of commands that run until stopped. */
export const STREAM_OUTPUT = choice(
  STREAM_FORMATS,
  "table for people; json: one value per line",
);

/** `--env` of commands that run one environment; `demo` needs no account, server or internet. */
export const ENVIRONMENT = text("Name of the environment", {
  default: "demo",
  placeholder: "env",
  completes: "environment",
});

/** `--env` as a filter; absent = all. */
export const ENVIRONMENT_FILTER = text("Only this environment", {
  placeholder: "env",
  completes: "environment",
});

/** `--env` of commands that change or use one environment. */
export const ENVIRONMENT_REQUIRED = text("The environment", {
  placeholder: "env",
  completes: "environment",
  required: true,
});

/** `--feed` as a filter; absent = all. */
export const FEED_FILTER = text("Only this feed", { placeholder: "feed", completes: "feed" });

/** `--for` of commands that run until stopped; ms. */
export const RUN_FOR = duration("Stop after this long: 30s, 5m");

/** `--dry-run` of commands that remove or write. */
export const DRY_RUN = on("Show what would happen and do nothing");
