import { text } from "../command/flag.ts";

/** Enricher name argument. */
export const ENRICHER_NAME = text("Name of the enricher", {
  placeholder: "enricher",
  required: true,
});
