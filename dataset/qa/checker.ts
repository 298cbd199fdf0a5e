import type { MarketEvent } from "@ssmd/market";
import { Offenders } from "./offenders.ts";

/** The checked day. */
export interface CheckedDay {
  /** Start of the day, µs. */
  startUs: number;
  /** Returns the market's open time within a span, µs; absent: always open. */
  openUs?: (fromUs: number, toUs: number) => number;
}

/** A running check; sees the records of its scope in order of arrival. */
export abstract class Checker {
  /** Records that failed. */
  readonly offenders: Offenders = new Offenders();
  /** Why the day was not checked in full; "" when it was. */
  note = "";

  /** Checks a record of its scope. */
  abstract see(event: MarketEvent): void;

  /** Handles a gap of any symbol; state from before it may be stale. */
  gap(_event: MarketEvent): void {}

  /** Finishes the check, given the receive times of the feed's first and last record, µs. */
  end(_firstUs: number, _lastUs: number): void {}
}
