import { openSealed, readArchive, readSealed, readSealedSymbol } from "@ssmd/archive";
import { decode, messagesIn } from "@ssmd/codec";
import type { MarketEvent } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import type { Partition } from "./plan.ts";

/** Gives the records of a partition in order of receive time, as the archive has them. */
export type ReadRecords = (
  storage: Storage,
  partition: Partition,
) => AsyncIterable<readonly MarketEvent[]>;

/** The records of a partition in order of receive time. Throws what {@linkcode readArchive} does. */
export async function* readRecords(
  storage: Storage,
  { env, feed, type, version, symbols, fromUs, toUs }: Partition,
): AsyncGenerator<readonly MarketEvent[], void> {
  const query = { env, feed, types: [type], version, fromUs, toUs };
  yield* readArchive(storage, symbols === undefined ? query : { ...query, symbols });
}

/**
 * The records of a partition by symbol and receive time where the archive has them in that order
 * already, in one sealed file; undefined where they must be sorted.
 */
export function readSealedRecords(
  storage: Storage,
  partition: Partition,
): AsyncIterable<readonly MarketEvent[]> | undefined {
  const [source, ...others] = partition.sources;
  if (source?.sealed === undefined || others.length > 0) return undefined;
  return partition.isWhole
    ? wholeSealed(storage, source, partition)
    : partOfSealed(storage, source, partition);
}

async function* wholeSealed(
  storage: Storage,
  source: Partition["sources"][number],
  { type }: Partition,
): AsyncGenerator<readonly MarketEvent[], void> {
  for await (const { plain } of readSealed(storage, source)) {
    yield Array.from(messagesIn(plain), (message) => decode(type, message));
  }
}

async function* partOfSealed(
  storage: Storage,
  source: Partition["sources"][number],
  { symbols, fromUs, toUs }: Partition,
): AsyncGenerator<readonly MarketEvent[], void> {
  const day = await openSealed(storage, source);
  for (const symbol of symbols ?? [...day.symbols.keys()].sort()) {
    yield* readSealedSymbol(storage, day, { symbol, fromUs, toUs });
  }
}
