import { isoOfUs } from "@ssmd/runtime";
import type { EventType, MarketEvent } from "@ssmd/market";
import { nsText } from "@ssmd/archive";

/** Failing records kept per check; all are counted. */
const OFFENDERS_KEPT_MAX = 10;

/** A record or time that fails a check. */
export interface Offender {
  /** Our market name; `_all` for the feed. */
  symbol: string;
  /** Record type; "" for a time without records. */
  type: EventType | "";
  /** Receive time, ISO. */
  time: string;
  /** Receive time, ns as text. */
  receivedAt: string;
  /** Sequence in the connection; 0 without a record. */
  sequence: number;
  /** What is wrong, as one sentence. */
  what: string;
}

/** Counts failures and keeps the first ones. */
export class Offenders {
  /** Number of failures. */
  count = 0;
  /** The first {@linkcode OFFENDERS_KEPT_MAX}. */
  readonly first: Offender[] = [];

  /** Adds a failing record; `what` is called only if it is kept. */
  add(event: MarketEvent, what: () => string): void {
    this.count++;
    if (this.first.length >= OFFENDERS_KEPT_MAX) return;
    const { symbol, type, receivedAtUs, sequence } = event;
    this.first.push({ symbol, type, ...timesOf(receivedAtUs), sequence, what: what() });
  }

  /** Adds a time at which something is missing. */
  addTime(symbol: string, atUs: number, what: () => string): void {
    this.count++;
    if (this.first.length >= OFFENDERS_KEPT_MAX) return;
    this.first.push({ symbol, type: "", ...timesOf(atUs), sequence: 0, what: what() });
  }
}

function timesOf(us: number): Pick<Offender, "time" | "receivedAt"> {
  return { time: isoOfUs(us), receivedAt: nsText(us) };
}
