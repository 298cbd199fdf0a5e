import { openArchived } from "@ssmd/archive";
import type { Gap, MarketEvent, OrderBookUpdate } from "@ssmd/market";
import { folderStorage } from "@ssmd/storage";
import type { IndependentBook } from "./independent_capture.ts";
import { shortest } from "./independent_decimal.ts";

/** Records of a feed in the archive, in the order of their connection; one run is taken as given. */
export async function recordsIn(
  dataDir: string,
  env: string,
  feed: string,
  types: readonly MarketEvent["type"][],
): Promise<MarketEvent[]> {
  const storage = folderStorage(dataDir);
  const records: MarketEvent[] = [];
  for (const type of types) {
    for await (const { key, size } of storage.list(`normalized/${env}/${feed}/v1/${type}/`)) {
      const file = await openArchived(storage, { key, bytes: size });
      for await (const batch of file.records()) records.push(...batch);
    }
  }
  await storage.close();
  return records.sort((a, b) => a.sequence - b.sequence);
}

/** What the archive's order books say. */
export interface Rebuilt {
  books: Map<string, IndependentBook>;
  snapshots: number;
  deltas: number;
  /** Records by the state of their checksum. */
  checksums: Record<OrderBookUpdate["checksum"], number>;
  /** Levels with a size below zero, or a price that cannot be. */
  impossible: number;
}

/** Rebuilds every book from snapshots and deltas; a gap takes away the books that it is about. */
export function rebuilt(records: readonly MarketEvent[]): Rebuilt {
  const result: Rebuilt = {
    books: new Map(),
    ...{ snapshots: 0, deltas: 0, impossible: 0 },
    checksums: { verified: 0, unverified: 0, failed: 0 },
  };
  for (const record of records) {
    if (record.type === "gap") spoil(record, result.books);
    else if (record.type === "orderbook") apply(record, result);
  }
  return result;
}

function spoil(gap: Gap, books: Map<string, IndependentBook>): void {
  // What is missing of another channel says nothing of books.
  if (gap.recovered || (gap.channel !== "all" && gap.channel !== "orderbook")) return;
  if (gap.symbol === "_all") books.clear();
  else books.delete(gap.symbol);
}

function apply(record: OrderBookUpdate, result: Rebuilt): void {
  const { books, checksums } = result;
  checksums[record.checksum]++;
  if (record.kind === "snapshot") {
    result.snapshots++;
    books.set(record.symbol, { bids: new Map(), asks: new Map() });
  } else result.deltas++;
  const book = books.get(record.symbol);
  if (book === undefined) throw new Error(`${record.symbol} has a delta without a snapshot`);
  for (const side of ["bids", "asks"] as const) {
    for (const { price, size } of record[side]) {
      if (!(price > 0 && size >= 0)) result.impossible++;
      const key = shortest(String(price));
      if (size === 0) book[side].delete(key);
      else book[side].set(key, shortest(String(size)));
    }
    if (record.depth > 0) cut(book[side], record.depth, side);
  }
}

function cut(side: Map<string, string>, depth: number, name: "bids" | "asks"): void {
  if (side.size <= depth) return;
  const sign = name === "asks" ? 1 : -1;
  const prices = [...side.keys()].sort((a, b) => sign * (Number(a) - Number(b)));
  for (const price of prices.slice(depth)) side.delete(price);
}
