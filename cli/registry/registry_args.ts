import { text } from "../command/flag.ts";

/** Feed id. */
export const FEED_ID = text("Id of the feed", {
  placeholder: "feed",
  completes: "feed",
  required: true,
});

/** Environment name. */
export const ENV_NAME = text("Name of the environment", {
  placeholder: "env",
  completes: "environment",
  required: true,
});

/** Schema name. */
export const SCHEMA_NAME = text("Name of the schema", {
  placeholder: "schema",
  completes: "schema",
  required: true,
});

/** Canonical symbol. */
export const SYMBOL_NAME = text("Our name of the market", {
  placeholder: "symbol",
  completes: "symbol",
  required: true,
});

/** Calendar name. */
export const CALENDAR_NAME = text("Name of the calendar", {
  placeholder: "calendar",
  completes: "calendar",
  required: true,
});
