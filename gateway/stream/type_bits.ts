import { EVENT_TYPES, STREAM_TYPES } from "@ssmd/market";

type StreamType = typeof STREAM_TYPES[number];

/** Indexes of the types in STREAM_TYPES, also their bits in masks. */
export const TYPE_INDEX = {
  trade: 0,
  ticker: 1,
  orderbook: 2,
  status: 3,
  gap: 4,
  fire: 5,
  action: 6,
  enriched: 7,
} as const;
/** Gaps go to every subscriber of a market, so that no client misses data silently. */
export const GAP_BIT: number = 1 << TYPE_INDEX.gap;
/** Order books. */
export const BOOK_BIT: number = 1 << TYPE_INDEX.orderbook;
/** Types that are never conflated: rare, and each one matters. */
export const NEVER_CONFLATED: number = GAP_BIT | (1 << TYPE_INDEX.status) |
  (1 << TYPE_INDEX.fire) | (1 << TYPE_INDEX.action);
/** Rows of the enrichers. */
export const ENRICHED_BIT: number = 1 << TYPE_INDEX.enriched;
/** Default types of a subscription: all records. */
export const RECORD_TYPES: number = (1 << EVENT_TYPES.length) - 1;
const ENRICHED_OF = BOOK_BIT | (1 << TYPE_INDEX.trade);

/** Adds the enriched bit to the visible types of a market when trades and books are visible. */
export function withEnriched(records: number): number {
  return (records & ENRICHED_OF) === ENRICHED_OF ? records | ENRICHED_BIT : records;
}

/** Returns the bit of a type in a mask. */
export function bitOf(type: StreamType): number {
  return 1 << STREAM_TYPES.indexOf(type);
}

/** Returns the names of a mask's types. */
export function typeNames(mask: number): StreamType[] {
  return STREAM_TYPES.filter((_, i) => mask & (1 << i));
}

/** Whether a message of this type may be dropped: a later state replaces it, which no gap does. */
export function isDroppable(type: number): boolean {
  return type >= 0 && type < TYPE_INDEX.status || type === TYPE_INDEX.enriched;
}
