import type { DayState, TradingDayStatus } from "@ssmd/market";

/** Allowed previous states of each state. A complete day with late records is ended again. */
const FROM: Readonly<Record<DayState, readonly DayState[]>> = {
  pending: [],
  starting: ["pending", "starting", "error", "failed"],
  active: ["pending", "starting"],
  ending: ["pending", "starting", "active", "ending", "complete", "error", "failed"],
  complete: ["ending"],
  error: ["starting", "ending"],
  failed: ["starting", "ending"],
};

/** Returns whether a day may change from one state to another. */
export function mayPass(from: DayState, to: DayState): boolean {
  return FROM[to].includes(from);
}

/** A feed's trading day and its holder. Times in µs since 1970. */
export interface DayRecord extends TradingDayStatus {
  /** Fencing token, increased by each claim; older holders are refused. 0 when never claimed. */
  token: number;
  /** Job that holds the day; null when never claimed. */
  job: string | null;
  /** Time of the last state change; 0 when there was none. */
  changedAtUs: number;
}

/** Returns an unknown day as pending. */
export function pendingDay(feed: string, day: string): DayRecord {
  return {
    ...{ feed, day, state: "pending", token: 0, job: null },
    ...{ activeAtUs: null, completeAtUs: null, changedAtUs: 0, error: null },
  };
}
