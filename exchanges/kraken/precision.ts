import { decimalsOfText } from "@ssmd/market";
import { wordOf } from "../json_fields.ts";
import type { Precision } from "../tracked_book.ts";

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

/** The frame of a text with its numbers as the texts that they were written with. */
export function frameOfTexts(text: string): unknown {
  const reviver: SourceReviver = (_key, value, context) =>
    typeof value === "number" ? context?.source ?? value : value;
  return JSON.parse(text, reviver);
}
