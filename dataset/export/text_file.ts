import { jsonPrefix, recordJson } from "@ssmd/codec";
import type { MarketEvent } from "@ssmd/market";
import type { Column } from "@ssmd/archive/parquet";
import { csvHead, csvLine } from "./csv_lines.ts";

/** Text that is gathered before it is passed on. */
const CHUNK_CHARS = 256 * 1024;
const UTF8 = new TextEncoder();

/** The bytes of a CSV file, with its head; memory does not grow with it. */
export function csvBytes(
  batches: AsyncIterable<readonly MarketEvent[]>,
  columns: readonly Column[],
): AsyncGenerator<Uint8Array, void> {
  return chunks(batches, csvLine(columns), csvHead(columns));
}

/** The bytes of a file with a JSON value a line, in the shape in which the gateway sends records. */
export function jsonBytes(
  batches: AsyncIterable<readonly MarketEvent[]>,
): AsyncGenerator<Uint8Array, void> {
  const line = (event: MarketEvent) =>
    `${recordJson(event, jsonPrefix(event.symbol, event.feed))}\n`;
  return chunks(batches, line, "");
}

async function* chunks(
  batches: AsyncIterable<readonly MarketEvent[]>,
  lineOf: (event: MarketEvent) => string,
  prefix: string,
): AsyncGenerator<Uint8Array, void> {
  let text = prefix;
  for await (const batch of batches) {
    for (const event of batch) {
      text += lineOf(event);
      if (text.length < CHUNK_CHARS) continue;
      yield UTF8.encode(text);
      text = "";
    }
  }
  if (text !== "") yield UTF8.encode(text);
}
