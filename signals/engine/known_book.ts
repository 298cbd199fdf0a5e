import { ALL_SYMBOLS, type MarketEvent } from "@ssmd/market";
import { LEVELS, OrderbookBuilder } from "../builders/orderbook.ts";
import { StateReader, StateWriter } from "../builders/state_bytes.ts";
import { BuilderSlot } from "./builder_slot.ts";
import { sharedKey } from "./market_state.ts";

/** Key of a market's book. */
export const BOOK_KEY: string = sharedKey(LEVELS);

/** A market's book as an engine wrote it. */
export interface KnownBook {
  feed: string;
  symbol: string;
  state: Uint8Array;
}

/** Whether a record may change a book. */
export function changes(record: MarketEvent, { feed, symbol }: KnownBook): boolean {
  if (record.feed !== feed) return false;
  return record.type === "gap"
    ? record.symbol === symbol || record.symbol === ALL_SYMBOLS
    : record.type === "orderbook" && record.symbol === symbol;
}

/** A book after further records, in order. */
export function bookAfter(book: KnownBook, records: readonly MarketEvent[]): KnownBook {
  const slot = new BuilderSlot(BOOK_KEY, LEVELS, new OrderbookBuilder());
  slot.read(new StateReader(book.state));
  for (const record of records) {
    if (!changes(record, book)) continue;
    if (record.type === "gap") slot.applyGap(record);
    else slot.apply(record);
  }
  const to = new StateWriter();
  slot.write(to);
  return { ...book, state: to.finish() };
}
