import type { MarketEvent } from "@ssmd/market";

/** Destination of replayed records. */
export interface ReplaySink {
  /**
   * Writes a batch's records from `start` to `end` (exclusive), in order. The caller awaits the
   * result before the next write.
   */
  write(batch: readonly MarketEvent[], start: number, end: number): Promise<void> | undefined;
  /** Flushes buffered records. */
  flush(): Promise<void> | undefined;
}
