import { openNormalized } from "@ssmd/archive";
import type { MarketEvent } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import type { Partition } from "./plan.ts";

/** Gives the records of a partition in order of receive time, as the archive has them. */
export type ReadRecords = (
  storage: Storage,
  partition: Partition,
) => AsyncIterable<readonly MarketEvent[]>;

/** The records of the files that a partition names. Throws what {@linkcode openNormalized} does. */
export async function* readRecords(
  storage: Storage,
  { sources, symbols, fromUs, toUs }: Partition,
): AsyncGenerator<readonly MarketEvent[], void> {
  for (const { key } of sources) {
    const batch: MarketEvent[] = [];
    for (const event of (await openNormalized(storage, key)).records) {
      if (event.receivedAtUs < fromUs || event.receivedAtUs >= toUs) continue;
      if (symbols === undefined || symbols.includes(event.symbol)) batch.push(event);
    }
    yield batch.sort((a, b) => a.receivedAtUs - b.receivedAtUs || a.sequence - b.sequence);
  }
}
