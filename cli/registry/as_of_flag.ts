import { day } from "../command/flag.ts";

/** `--as-of` of commands that show the registry on a day. */
export const AS_OF = day(
  "Read files as committed in git at the end of a day: YYYY-MM-DD (UTC), today, yesterday, " +
    "7d",
);
