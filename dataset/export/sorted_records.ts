import { RecordSorter } from "@ssmd/archive";
import { decode, Encoder } from "@ssmd/codec";
import type { MarketEvent } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import type { Partition } from "./plan.ts";
import { type ReadRecords, readRecords, readSealedRecords } from "./records.ts";

/** What a file holds, counted while it is written. */
export interface Counted {
  records: number;
  symbols: number;
  /** receivedAt of the earliest and the latest record, µs; 0 = there is none. */
  firstUs: number;
  lastUs: number;
}

/** Records that are decoded at a time. */
const BATCH_RECORDS = 4096;

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
  /** Folder for records that have no room in memory. */
  tempDir: string;
  /** Bytes of records in memory; see {@linkcode RecordSorter}. */
  bytesMax?: number | undefined;
  counted: Counted;
  /** Told of records that were read, and then of those that were written. */
  onRecords?: ((what: "read" | "written", count: number) => void) | undefined;
}

/** Counts what a batch holds. */
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
    countRows(counted, batch, ({ receivedAtUs }) => receivedAtUs);
    yield batch;
    onRecords?.("written", batch.length);
  }
}

async function* sorted(
  { storage, partition, read = readRecords, tempDir, bytesMax, onRecords }: SortOptions,
): AsyncGenerator<readonly MarketEvent[], void> {
  const { type } = partition;
  const encoder = new Encoder();
  using sorter = new RecordSorter(type, {
    tempDir,
    ...(bytesMax === undefined ? {} : { bufferBytesMax: bytesMax }),
  });
  for await (const batch of read(storage, partition)) {
    for (const event of batch) sorter.add(encoder.encode(event));
    onRecords?.("read", batch.length);
  }
  let batch: MarketEvent[] = [];
  for (const { payload } of sorter.sorted().records()) {
    batch.push(decode(type, payload));
    if (batch.length < BATCH_RECORDS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
