import { text } from "../command/flag.ts";

/** An enricher's name. */
export const ENRICHER_NAME = text("The enricher's name", {
  placeholder: "enricher",
  required: true,
});
