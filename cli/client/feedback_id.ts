import { parsed } from "../command/flag.ts";
import { UsageError } from "../exit.ts";

/** Issue number argument. */
export const FEEDBACK_ID = parsed(parseId, "Number of the issue, as in ssmd feedback list", {
  placeholder: "id",
  required: true,
});

function parseId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError("FEEDBACK_INVALID", `"${text}" is no number of an issue`, {
    hint: "ssmd feedback list tells the numbers",
  });
}
