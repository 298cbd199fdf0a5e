import type { MarketEvent } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import type { Partition } from "./plan.ts";
import { type ReadRecords, readRecords, readSealedRecords } from "./records.ts";
import { SymbolOrder } from "./symbol_order.ts";

/** What a file holds, counted while it is written. */
export interface Counted {
  records: number;
  symbols: number;
  /** receivedAt of the earliest and the latest record, µs; 0 = there is none. */
  firstUs: number;
  lastUs: number;
}

/** Nothing counted yet. */
export function nothingCounted(): Counted {
  return { records: 0, symbols: 0, firstUs: 0, lastUs: 0 };
}

/** How records are sorted and counted. */
export interface SortOptions {
  storage: Storage;
  partition: Partition;
  /** Where records come from; default the archive. */
  read?: ReadRecords | undefined;
  /** File for records that have no room in memory. */
  spillPath: string;
  /** Bytes of records in memory; see {@linkcode SymbolOrder}. */
  bytesMax?: number | undefined;
  counted: Counted;
  /** Told of records that were read, and then of those that were written. */
  onRecords?: ((what: "read" | "written", count: number) => void) | undefined;
}

/** The records of a partition in order of symbol and receive time; they are counted on the way. */
export async function* sortedRecords(
  options: SortOptions,
): AsyncGenerator<readonly MarketEvent[], void> {
  const { storage, partition, read, counted, onRecords } = options;
  const sealed = read === undefined ? readSealedRecords(storage, partition) : undefined;
  let symbol: string | undefined;
  for await (const batch of sealed ?? sorted(options)) {
    if (sealed !== undefined) onRecords?.("read", batch.length);
    for (const event of batch) {
      if (event.symbol === symbol) continue;
      symbol = event.symbol;
      counted.symbols++;
    }
    count(counted, batch);
    yield batch;
    onRecords?.("written", batch.length);
  }
}

async function* sorted(
  { storage, partition, read = readRecords, spillPath, bytesMax, onRecords }: SortOptions,
): AsyncGenerator<readonly MarketEvent[], void> {
  using order = new SymbolOrder({
    ...{ type: partition.type, spillPath },
    ...(bytesMax === undefined ? {} : { bytesMax }),
  });
  for await (const batch of read(storage, partition)) {
    order.add(batch);
    onRecords?.("read", batch.length);
  }
  yield* order.inOrder();
}

function count(counted: Counted, batch: readonly MarketEvent[]): void {
  for (const { receivedAtUs } of batch) {
    if (counted.records++ === 0) counted.firstUs = counted.lastUs = receivedAtUs;
    else if (receivedAtUs < counted.firstUs) counted.firstUs = receivedAtUs;
    else if (receivedAtUs > counted.lastUs) counted.lastUs = receivedAtUs;
  }
}
