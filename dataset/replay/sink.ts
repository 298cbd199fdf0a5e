import type { MarketEvent } from "@ssmd/market";

/** Where replayed records go. */
export interface ReplaySink {
  /**
   * Takes the records from `start` to `end` (left out) of a batch, in order. What it returns is waited
   * for before more is given.
   */
  write(batch: readonly MarketEvent[], start: number, end: number): Promise<void> | undefined;
  /** Lets out what it holds back. */
  flush(): Promise<void> | undefined;
}
