import { isoOfUs } from "@ssmd/runtime";
import type { EventType, MarketEvent } from "@ssmd/market";
import { nsText } from "@ssmd/archive";

/** Offending records that are kept of each check; all are counted. */
const OFFENDERS_KEPT_MAX = 10;

/** A record, or a place in time, that does not pass a check. */
export interface Offender {
  /** Our name of the market; `_all` = the feed. */
  symbol: string;
  /** Of the record; "" where a check is about time without records. */
  type: EventType | "";
  /** When it was received, ISO. */
  time: string;
  /** When it was received, ns as text. */
  receivedAt: string;
  /** The record's number in its connection; 0 = of no record. */
  sequence: number;
  /** What is wrong, one sentence for a person. */
  what: string;
}

/** Counts what does not pass, and keeps the first of it. */
export class Offenders {
  /** All. */
  count = 0;
  /** The first {@linkcode OFFENDERS_KEPT_MAX}. */
  readonly first: Offender[] = [];

  /** A record does not pass; `what` is called only when it is kept. */
  add(event: MarketEvent, what: () => string): void {
    this.count++;
    if (this.first.length >= OFFENDERS_KEPT_MAX) return;
    const { symbol, type, receivedAtUs, sequence } = event;
    this.first.push({ symbol, type, ...timesOf(receivedAtUs), sequence, what: what() });
  }

  /** Something at a time is missing. */
  addTime(symbol: string, atUs: number, what: () => string): void {
    this.count++;
    if (this.first.length >= OFFENDERS_KEPT_MAX) return;
    this.first.push({ symbol, type: "", ...timesOf(atUs), sequence: 0, what: what() });
  }
}

function timesOf(us: number): Pick<Offender, "time" | "receivedAt"> {
  return { time: isoOfUs(us), receivedAt: nsText(us) };
}
