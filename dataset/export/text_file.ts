import { jsonPrefix, recordJson } from "@ssmd/codec";
import type { MarketEvent } from "@ssmd/market";
import type { Column, TableRow } from "@ssmd/archive/parquet";
import { rowJson, type SeriesOptions } from "../series/mod.ts";
import { csvHead, csvLine } from "./csv_lines.ts";

/** Characters buffered before encoding. */
const CHUNK_CHARS = 256 * 1024;
const UTF8 = new TextEncoder();

/** Streams a CSV file with its header line, in bounded memory. */
export function csvBytes(
  batches: AsyncIterable<readonly TableRow[]>,
  columns: readonly Column[],
): AsyncGenerator<Uint8Array, void> {
  return chunks(batches, csvLine(columns), csvHead(columns));
}

/** Streams a JSON Lines file, with records in the gateway's JSON shape. */
export function jsonBytes(
  batches: AsyncIterable<readonly TableRow[]>,
  series: SeriesOptions | undefined,
): AsyncGenerator<Uint8Array, void> {
  if (series !== undefined) {
    return chunks(batches, (row) => `${JSON.stringify(rowJson(series, row))}\n`, "");
  }
  const line = (event: TableRow) => {
    const record = event as MarketEvent;
    return `${recordJson(record, jsonPrefix(record.symbol, record.feed))}\n`;
  };
  return chunks(batches, line, "");
}

async function* chunks(
  batches: AsyncIterable<readonly TableRow[]>,
  lineOf: (event: TableRow) => string,
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
