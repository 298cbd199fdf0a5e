import { z } from "zod";
import { type ClockShare, DAY_CONDITIONS } from "@ssmd/archive";

/** What an archived day is like. */
export const CONDITION = z.enum(DAY_CONDITIONS);

/** What set the clock of the capturing machine, for a part of a day. */
export const CLOCK = z.object({
  source: z.string(),
  status: z.string(),
  lines: z.int().describe("Raw lines of which this holds"),
  offset_us_max: z.number().nullable().describe("null = not known"),
});

/** The {@linkcode CLOCK} of a share. */
export function clockView(
  { source, status, lines, offsetUsMax }: ClockShare,
): z.output<typeof CLOCK> {
  return { source, status, lines, offset_us_max: offsetUsMax };
}
