import type { DayState, TradingDayStatus } from "@ssmd/market";

/** States from which a state may be reached. A day that got records after its end is ended again. */
const FROM: Readonly<Record<DayState, readonly DayState[]>> = {
  pending: [],
  starting: ["pending", "starting", "error", "failed"],
  active: ["pending", "starting"],
  ending: ["pending", "starting", "active", "ending", "complete", "error", "failed"],
  complete: ["ending"],
  error: ["starting", "ending"],
  failed: ["starting", "ending"],
};

/** Whether a day may pass from a state to another one. */
export function mayPass(from: DayState, to: DayState): boolean {
  return FROM[to].includes(from);
}

/** A trading day of a feed with who holds it. Times in µs since 1970. */
export interface DayRecord extends TradingDayStatus {
  /** Rises with each start and end; a writer with an older one is refused. 0 = nobody began. */
  token: number;
  /** The job that started or ends it; null = nobody began. */
  job: string | null;
  /** When its state changed last; 0 = never. */
  changedAtUs: number;
}

/** A day about which nothing is known. */
export function pendingDay(feed: string, day: string): DayRecord {
  return {
    ...{ feed, day, state: "pending", token: 0, job: null },
    ...{ activeAtUs: null, completeAtUs: null, changedAtUs: 0, error: null },
  };
}
