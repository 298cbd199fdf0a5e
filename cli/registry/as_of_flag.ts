import { day } from "../command/flag.ts";

/** `--as-of` of commands that show the registry on a day. */
export const AS_OF = day(
  "As git knew it at the end of a day: YYYY-MM-DD (UTC), today, yesterday, 7d",
);
