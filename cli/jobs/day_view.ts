import { type DayRecord, openDays } from "@ssmd/jobs";
import { DAY_STATES } from "@ssmd/market";
import { isoOfUs } from "@ssmd/runtime";
import { z } from "zod";
import { text } from "../command/flag.ts";
import type { EnvironmentJobs } from "./open_jobs.ts";

const MOMENT = z.string().nullable().describe("ISO 8601; null = not yet");

/** Feed of the trading day. */
export const DAY_FEED = text("Feed", {
  placeholder: "feed",
  completes: "feed",
  required: true,
});

/** Trading day as printed. */
export const DAY_VIEW = z.object({
  feed: z.string(),
  day: z.string().describe("Label from the feed's calendar"),
  state: z.enum(DAY_STATES),
  token: z.int().describe(
    "Increases with each start and end; requests with an older one are refused",
  ),
  job: z.string().nullable().describe("User of the last start or end; null = none"),
  active_at: MOMENT,
  complete_at: MOMENT,
  why: z.string().nullable().describe("Reason of the state error or failed"),
});

/** Builds the view of a trading day. */
export function dayView(record: DayRecord): z.output<typeof DAY_VIEW> {
  const { feed, day, state, token, job, activeAtUs, completeAtUs, error } = record;
  return {
    ...{ feed, day, state, token, job },
    active_at: activeAtUs === null ? null : isoOfUs(activeAtUs),
    complete_at: completeAtUs === null ? null : isoOfUs(completeAtUs),
    why: error?.message ?? null,
  };
}

/** Reads the trading days of an environment. Throws StorageError. */
export async function readDays<T>(
  { dataDir, environment }: EnvironmentJobs,
  read: (days: Awaited<ReturnType<typeof openDays>>) => T,
): Promise<T> {
  using days = await openDays(dataDir, environment.name);
  return read(days);
}
