import { text } from "../command/flag.ts";

/** A feed's id. */
export const FEED_ID = text("The feed's id", {
  placeholder: "feed",
  completes: "feed",
  required: true,
});

/** An environment's name. */
export const ENV_NAME = text("The environment's name", {
  placeholder: "env",
  completes: "environment",
  required: true,
});

/** A schema's name. */
export const SCHEMA_NAME = text("The schema's name", {
  placeholder: "schema",
  completes: "schema",
  required: true,
});

/** A symbol of ours. */
export const SYMBOL_NAME = text("Our name of the market", {
  placeholder: "symbol",
  completes: "symbol",
  required: true,
});

/** A calendar's name. */
export const CALENDAR_NAME = text("The calendar's name", {
  placeholder: "calendar",
  completes: "calendar",
  required: true,
});
