import { decimalsOfText } from "@ssmd/market";
import { wordOf } from "../json_fields.ts";
import type { Precision } from "../tracked_book.ts";

/** `JSON.parse` passes revivers the source text of a number as a third argument. */
type SourceReviver = (key: string, value: unknown, context?: { source?: string }) => unknown;

/**
 * Most decimals of prices and sizes in a book snapshot, by the venue's symbol. Read from the
 * frame's text, as `JSON.parse` drops trailing zeros.
 */
export function precisionOfSnapshot(text: string): Map<string, Precision> {
  const found = new Map<string, Precision>();
  let price = 0;
  let size = 0;
  const reviver: SourceReviver = (key, value, context) => {
    const source = typeof value === "string" ? value : context?.source;
    if (key === "price" && source !== undefined) price = Math.max(price, decimalsOfText(source));
    else if (key === "qty" && source !== undefined) size = Math.max(size, decimalsOfText(source));
    else if (
      typeof value === "object" && value !== null && "bids" in value && "symbol" in value
    ) {
      found.set(wordOf(value.symbol), { price, size });
      price = size = 0;
    }
    return value;
  };
  JSON.parse(text, reviver);
  return found;
}

/** Parses a frame, keeping numbers as their source texts. */
export function frameOfTexts(text: string): unknown {
  const reviver: SourceReviver = (_key, value, context) =>
    typeof value === "number" ? context?.source ?? value : value;
  return JSON.parse(text, reviver);
}
