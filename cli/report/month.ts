import { parseMonth } from "@ssmd/gateway/report";
import { parsed } from "../command/flag.ts";

/** `--month`. */
export const MONTH = parsed(parseMonth, "Month, UTC: YYYY-MM", {
  placeholder: "month",
  required: true,
});
