import { decimalsOfText } from "@ssmd/market";

/** Digits after the point of a pair's prices and sizes. */
export interface Precision {
  price: number;
  size: number;
}

/** `JSON.parse` gives revivers the source text of a number as a third argument. */
type SourceReviver = (key: string, value: unknown, context?: { source?: string }) => unknown;

/**
 * The most digits after the point in a book snapshot's prices and sizes, by the venue's symbol, from
 * the frame's own text: its trailing zeros are gone after `JSON.parse`.
 */
export function precisionOfSnapshot(text: string): Map<string, Precision> {
  const found = new Map<string, Precision>();
  let price = 0;
  let size = 0;
  const reviver: SourceReviver = (key, value, context) => {
    if (typeof value === "number") {
      if (key === "price") price = Math.max(price, decimalsOfText(context?.source ?? ""));
      else if (key === "qty") size = Math.max(size, decimalsOfText(context?.source ?? ""));
    } else if (
      typeof value === "object" && value !== null && "bids" in value && "symbol" in value
    ) {
      found.set(String(value.symbol), { price, size });
      price = size = 0;
    }
    return value;
  };
  JSON.parse(text, reviver);
  return found;
}
