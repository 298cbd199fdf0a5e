import { text } from "../command/flag.ts";

/** Feed id. */
export const FEED_ID = text("The feed's id", {
  placeholder: "feed",
  completes: "feed",
  required: true,
});

/** Environment name. */
export const ENV_NAME = text("The environment's name", {
  placeholder: "env",
  completes: "environment",
  required: true,
});

/** Schema name. */
export const SCHEMA_NAME = text("The schema's name", {
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
export const CALENDAR_NAME = text("The calendar's name", {
  placeholder: "calendar",
  completes: "calendar",
  required: true,
});
