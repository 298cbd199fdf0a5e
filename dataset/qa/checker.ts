import type { MarketEvent } from "@ssmd/market";
import { Offenders } from "./offenders.ts";

/** The day that is checked. */
export interface CheckedDay {
  /** Midnight at which it begins, µs. */
  startUs: number;
  /** How much of a span the market is open, µs; absent = all of it. */
  openUs?: (fromUs: number, toUs: number) => number;
}

/** One check at work: it sees the records of its scope in order of arrival. */
export abstract class Checker {
  /** What did not pass. */
  readonly offenders: Offenders = new Offenders();
  /** Why not all of the day was checked; "" = all of it was. */
  note = "";

  /** Takes a record of its scope. */
  abstract see(event: MarketEvent): void;

  /**
   * Takes a gap record, of any symbol. What a check remembers of the time before may not hold any
   * more.
   */
  gap(_event: MarketEvent): void {}

  /** All records were seen; the feed's first and last one were received then, µs. */
  end(_firstUs: number, _lastUs: number): void {}
}
