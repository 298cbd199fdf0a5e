import { DAY_US } from "@ssmd/runtime";
import type { Calendar } from "./calendar.ts";
import { localDay, type Session, sessionsBegunOn } from "./calendar_hours.ts";

/**
 * A trading day. Trading days are contiguous: each starts when the previous one's last session
 * closes, so a weekend belongs to the next day.
 */
interface TradingDay {
  /** `YYYY-MM-DD`: the local date on which its last session ends. */
  label: string;
  /** Start, µs since 1970, UTC: the close of the previous day. */
  fromUs: number;
  /** End (exclusive): its last close. */
  toUs: number;
  /** Sessions, in order. */
  sessions: readonly Session[];
}

const BLOCK_US = 366 * DAY_US;
/** Maximum days without a session to search across. */
const CLOSED_DAYS_MAX = 40;

/** Default without a calendar: UTC days. */
const ALWAYS: Calendar = {
  ...{ name: "always", display_name: "Always", timezone: "UTC", special_days: [] },
  versions: [{ from: "0001-01-01", open: "always", maintenance: [] }],
};

/** Trading days of a calendar, computed and cached per year: look-ups cost a binary search. */
export class TradingDays {
  #calendar: Calendar;
  #blocks = new Map<number, TradingDay[]>();
  /** Last result; consecutive look-ups are usually close in time. */
  #last: TradingDay | undefined;

  /** Without a calendar: always open, UTC days. */
  constructor(calendar: Calendar | undefined) {
    this.#calendar = calendar ?? ALWAYS;
  }

  /**
   * Returns the trading day of a time (µs since 1970); undefined before the calendar's first
   * session, or when nothing opens within 40 days.
   */
  at(atUs: number): TradingDay | undefined {
    const last = this.#last;
    if (last !== undefined && last.fromUs <= atUs && atUs < last.toUs) return last;
    const days = this.#daysAround(atUs);
    const day = days[firstEndingAfter(days, atUs)];
    if (day === undefined || day.fromUs > atUs) return undefined;
    this.#last = day;
    return day;
  }

  /** Returns the trading day with a label; undefined = a holiday or weekend. */
  on(label: string): TradingDay | undefined {
    const start = Temporal.PlainDate.from(label).toZonedDateTime(this.#calendar.timezone);
    return this.#daysAround(start.epochMilliseconds * 1000).find((day) => day.label === label);
  }

  /** Returns whether trading is open at a time. */
  isOpen(atUs: number): boolean {
    for (const { fromUs, toUs } of this.at(atUs)?.sessions ?? []) {
      if (fromUs <= atUs && atUs < toUs) return true;
    }
    return false;
  }

  #daysAround(atUs: number): TradingDay[] {
    const block = Math.floor(atUs / BLOCK_US);
    let days = this.#blocks.get(block);
    if (days === undefined) {
      days = daysAround(this.#calendar, block * BLOCK_US);
      this.#blocks.set(block, days);
    }
    return days;
  }
}

/** Computes the days of a block and of a margin around it. */
function daysAround(calendar: Calendar, blockUs: number): TradingDay[] {
  const margin = { days: CLOSED_DAYS_MAX };
  const last = localDay(blockUs + BLOCK_US, calendar.timezone).add(margin);
  const byLabel = Map.groupBy(
    sessionsUntil(calendar, {
      first: localDay(blockUs, calendar.timezone).subtract(margin),
      last,
    }),
    ({ label }) => label,
  );
  const days: TradingDay[] = [];
  for (const [label, sessions] of byLabel) {
    const first = sessions[0] as Session;
    const toUs = Math.max(...sessions.map((session) => session.toUs));
    const beforeUs = days.at(-1)?.toUs ?? first.fromUs;
    days.push({ label, fromUs: Math.min(beforeUs, first.fromUs), toUs, sessions });
  }
  return days;
}

function sessionsUntil(
  calendar: Calendar,
  { first, last }: { first: Temporal.PlainDate; last: Temporal.PlainDate },
): Session[] {
  const sessions: Session[] = [];
  for (let day = first; Temporal.PlainDate.compare(day, last) <= 0; day = day.add({ days: 1 })) {
    sessions.push(...sessionsBegunOn(calendar, day));
  }
  return sessions.sort((a, b) => a.fromUs - b.fromUs);
}

function firstEndingAfter(days: readonly TradingDay[], atUs: number): number {
  let low = 0;
  let high = days.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((days[middle] as TradingDay).toUs > atUs) high = middle;
    else low = middle + 1;
  }
  return low;
}
