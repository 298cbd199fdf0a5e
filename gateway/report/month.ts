import { DAY_MS, dayOfMs } from "@ssmd/runtime";

/** A calendar month in UTC. */
export interface Month {
  /** `YYYY-MM` */
  month: string;
  /** Start, and end (exclusive). */
  fromMs: number;
  toMs: number;
  /** Days that have begun, `YYYY-MM-DD`. */
  days: string[];
}

/** Parses a month that has begun. Throws RangeError. */
export function parseMonth(month: string): Month {
  const fromMs = /^\d{4}-(0[1-9]|1[0-2])$/.test(month) ? Date.parse(`${month}-01`) : NaN;
  if (!(fromMs <= Date.now())) throw new RangeError("a month is YYYY-MM, and has begun");
  const toMs = new Date(fromMs).setUTCMonth(new Date(fromMs).getUTCMonth() + 1);
  const days: string[] = [];
  for (let ms = fromMs; ms < Math.min(toMs, Date.now()); ms += DAY_MS) days.push(dayOfMs(ms));
  return { month, fromMs, toMs, days };
}
