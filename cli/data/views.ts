import { z } from "zod";
import { type ClockShare, DAY_CONDITIONS } from "@ssmd/archive";

/** Condition of an archived day. */
export const CONDITION = z.enum(DAY_CONDITIONS);

/** Clock source of the capturing machine, for part of a day. */
export const CLOCK = z.object({
  source: z.string(),
  status: z.string(),
  lines: z.int().describe("Raw lines with this clock"),
  offset_us_max: z.number().nullable().describe("null = unknown"),
});

/** Builds a {@linkcode CLOCK} from a share. */
export function clockView(
  { source, status, lines, offsetUsMax }: ClockShare,
): z.output<typeof CLOCK> {
  return { source, status, lines, offset_us_max: offsetUsMax };
}
