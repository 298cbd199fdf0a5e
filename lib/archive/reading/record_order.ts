import { EVENT_TYPES, type MarketEvent } from "@ssmd/market";
import { Encoder } from "@ssmd/codec";

const encoder = new Encoder();

/**
 * Total order in which records are read, across files: receivedAt, sequence, then symbol, type and
 * bytes as tie-breakers for records of different connections.
 */
export function compareRecords(a: MarketEvent, b: MarketEvent): number {
  return a.receivedAtUs - b.receivedAtUs || a.sequence - b.sequence || compareTies(a, b);
}

function compareTies(a: MarketEvent, b: MarketEvent): number {
  if (a.symbol !== b.symbol) return a.symbol < b.symbol ? -1 : 1;
  if (a.type !== b.type) return EVENT_TYPES.indexOf(a.type) - EVENT_TYPES.indexOf(b.type);
  const first = encoder.encode(a).slice();
  return compareBytes(first, encoder.encode(b));
}

/** Compares bytes; a prefix sorts before the longer one. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = (a[i] ?? 0) - (b[i] ?? 0);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
