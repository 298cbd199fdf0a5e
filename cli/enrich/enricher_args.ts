import { text } from "../command/flag.ts";

/** Enricher name argument. */
export const ENRICHER_NAME = text("The enricher's name", {
  placeholder: "enricher",
  required: true,
});
