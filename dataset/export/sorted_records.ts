import { RecordSorter } from "@ssmd/archive";
import type { MarketEvent } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import type { Partition } from "./plan.ts";
import { type ReadRecords, readRecords, readSealedRecords } from "./records.ts";

/** Counts of a file, updated while writing. */
export interface Counted {
  records: number;
  symbols: number;
  /** Earliest and latest receivedAt, µs; 0 when there is none. */
  firstUs: number;
  lastUs: number;
}

/** Records decoded at a time. */
const BATCH_RECORDS = 4096;

/** Returns zero counts. */
export function nothingCounted(): Counted {
  return { records: 0, symbols: 0, firstUs: 0, lastUs: 0 };
}

/** Options of sorting and counting. */
export interface SortOptions {
  storage: Storage;
  partition: Partition;
  /** Record source; default the archive. */
  read?: ReadRecords | undefined;
  /** Folder for records that exceed memory. */
  tempDir: string;
  counted: Counted;
  /** Called as records are read, then as they are written. */
  onRecords?: ((what: "read" | "written", count: number) => void) | undefined;
}

/** Counts a batch. */
export function countRows<R>(
  counted: Counted,
  batch: readonly R[],
  timeUs: (row: R) => number,
): void {
  for (const row of batch) {
    const us = timeUs(row);
    if (counted.records++ === 0) counted.firstUs = counted.lastUs = us;
    else if (us < counted.firstUs) counted.firstUs = us;
    else if (us > counted.lastUs) counted.lastUs = us;
  }
}

/** Yields a partition's records by symbol and receive time, counting them. */
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
    countRows(counted, batch, ({ receivedAtUs }) => receivedAtUs);
    yield batch;
    onRecords?.("written", batch.length);
  }
}

async function* sorted(
  { storage, partition, read = readRecords, tempDir, onRecords }: SortOptions,
): AsyncGenerator<readonly MarketEvent[], void> {
  const { type } = partition;
  using sorter = new RecordSorter(type, { tempDir });
  for await (const batch of read(storage, partition)) {
    for (const event of batch) sorter.add(event);
    onRecords?.("read", batch.length);
  }
  let batch: MarketEvent[] = [];
  for (const record of sorter.sorted().records()) {
    batch.push(record);
    if (batch.length < BATCH_RECORDS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
