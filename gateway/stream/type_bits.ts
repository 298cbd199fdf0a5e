import { EVENT_TYPES, type EventType } from "@ssmd/market";

/** Places of the types in EVENT_TYPES, as indexes and bits of masks. */
export const TYPE_INDEX = {
  trade: 0,
  ticker: 1,
  orderbook: 2,
  status: 3,
  gap: 4,
  fire: 5,
  action: 6,
} as const;
/** Gaps go to every subscriber of a market: no client has a silent hole. */
export const GAP_BIT: number = 1 << TYPE_INDEX.gap;
/** Order books. */
export const BOOK_BIT: number = 1 << TYPE_INDEX.orderbook;
/** Never conflated: rare, and each one matters. */
export const NEVER_CONFLATED: number = GAP_BIT | (1 << TYPE_INDEX.status) |
  (1 << TYPE_INDEX.fire) | (1 << TYPE_INDEX.action);
/** All types. */
export const ALL_TYPES: number = (1 << EVENT_TYPES.length) - 1;

/** The bit of a type in a mask. */
export function bitOf(type: EventType): number {
  return 1 << EVENT_TYPES.indexOf(type);
}

/** The names of a mask's types. */
export function typeNames(mask: number): EventType[] {
  return EVENT_TYPES.filter((_, i) => mask & (1 << i));
}

/** Whether a message of this type may be dropped: states follow each other, gaps do not. */
export function isDroppable(type: number): boolean {
  return type >= 0 && type < TYPE_INDEX.status;
}
