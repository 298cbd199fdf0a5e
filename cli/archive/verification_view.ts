import { z } from "zod";
import { COUNTS_BY_TYPE } from "./counts_by_type.ts";
import type { DayReport, Report } from "@ssmd/dataset/verify";

/** Verified content of one day of a feed. */
const VERIFIED_DAY = z.object({
  env: z.string(),
  feed: z.string(),
  version: z.string().describe("Of the normalized records"),
  day: z.string(),
  raw_frames: z.int(),
  records: COUNTS_BY_TYPE,
  bytes: z.int(),
  files: z.int(),
  quality: z.number(),
  raw_status: z.string().describe("Of the raw manifest; empty = none"),
  status: z.string().describe("Of the normalized manifest; empty = none"),
});

/** Result of a verification. */
export const VERIFICATION = z.object({
  ok: z.boolean(),
  totals: z.object({
    files: z.int(),
    bytes: z.int(),
    raw_frames: z.int(),
    records: z.int(),
    gaps: z.int(),
  }),
  days: z.array(VERIFIED_DAY),
  problems: z.array(z.object({
    code: z.string(),
    env: z.string(),
    feed: z.string(),
    day: z.string().describe("Empty = not of one day"),
    key: z.string().describe("The file; empty = not of one file"),
    message: z.string(),
  })),
});

/** Builds a {@linkcode VERIFICATION} from a report. */
export function verificationOf({ problems, days, totals }: Report): z.output<typeof VERIFICATION> {
  const { files, bytes, rawFrames, records, gaps } = totals;
  return {
    ok: problems.length === 0,
    totals: { files, bytes, raw_frames: rawFrames, records, gaps },
    days: days.map(verifiedDay),
    problems,
  };
}

function verifiedDay(day: DayReport): z.output<typeof VERIFIED_DAY> {
  const { rawFrames, rawStatus, ...rest } = day;
  return { ...rest, raw_frames: rawFrames, raw_status: rawStatus };
}
