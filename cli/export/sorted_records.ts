import type { MarketEvent } from "@ssmd/market";
import type { Partition } from "./plan.ts";
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
  partition: Partition;
  /** File for records that have no room in memory. */
  spillPath: string;
  /** Bytes of records in memory; see {@linkcode SymbolOrder}. */
  bytesMax?: number;
  counted: Counted;
  /** Told of records that were read, and then of those that were written. */
  onRecords: (what: "read" | "written", count: number) => void;
}

/** Records in order of receive time → in order of symbol and receive time. */
export async function* sortedRecords(
  batches: AsyncIterable<readonly MarketEvent[]>,
  { partition, spillPath, bytesMax, counted, onRecords }: SortOptions,
): AsyncGenerator<readonly MarketEvent[], void> {
  using order = new SymbolOrder({
    ...{ type: partition.type, spillPath },
    ...(bytesMax === undefined ? {} : { bytesMax }),
  });
  for await (const batch of batches) {
    order.add(batch);
    onRecords("read", batch.length);
  }
  let symbol: string | undefined;
  for (const batch of order.inOrder()) {
    const first = batch[0];
    if (first !== undefined && first.symbol !== symbol) {
      symbol = first.symbol;
      counted.symbols++;
    }
    count(counted, batch);
    yield batch;
    onRecords("written", batch.length);
  }
}

function count(counted: Counted, batch: readonly MarketEvent[]): void {
  for (const { receivedAtUs } of batch) {
    if (counted.records++ === 0) counted.firstUs = counted.lastUs = receivedAtUs;
    else if (receivedAtUs < counted.firstUs) counted.firstUs = receivedAtUs;
    else if (receivedAtUs > counted.lastUs) counted.lastUs = receivedAtUs;
  }
}
