import { ByteBuffer } from "./byte_buffer.ts";
import { DICTIONARY_DOUBLES_MAX, DoubleDictionary } from "./double_dictionary.ts";
import { writePlainDoubles, writeSplitDoubles } from "./doubles.ts";
import { BYTE_STREAM_SPLIT, PLAIN, RLE_DICTIONARY } from "./encoded_chunk.ts";
import { compressPage } from "./page_compression.ts";
import { bitsFor, writeRuns } from "./run_lengths.ts";

/** Doubles of a column chunk in their smallest encoding. */
export interface DoubleEncoding {
  encoding: typeof PLAIN | typeof RLE_DICTIONARY | typeof BYTE_STREAM_SPLIT;
  dictionary?: { count: number; page: Uint8Array };
  /** Writes the values of one page. */
  write(out: ByteBuffer, page: number): void;
}

type Pages = readonly Float64Array<ArrayBuffer>[];

const dictionary = new DoubleDictionary();

/**
 * Encodes the doubles of a chunk; `values` is the concatenation of its pages. Tries each encoding
 * on up to three pages, compressed, and picks the smallest.
 */
export function encodeDoubles(pages: Pages, values: Float64Array<ArrayBuffer>): DoubleEncoding {
  const split: DoubleEncoding = {
    encoding: BYTE_STREAM_SPLIT,
    write: (out, page) => writeSplitDoubles(out, pages[page] as Float64Array<ArrayBuffer>),
  };
  const plain: DoubleEncoding = {
    encoding: PLAIN,
    write: (out, page) => writePlainDoubles(out, pages[page] as Float64Array<ArrayBuffer>),
  };
  const words = inDictionary(pages, values);
  const sample = [...new Set([0, pages.length >> 1, pages.length - 1])];
  const share = sample.reduce((sum, page) => sum + (pages[page]?.length ?? 0), 0) /
    Math.max(1, values.length);
  let best: DoubleEncoding | undefined;
  let bestBytes = Infinity;
  for (const each of words === undefined ? [split, plain] : [words, split, plain]) {
    let bytes = share *
      (each.dictionary === undefined ? 0 : compressPage(each.dictionary.page).length);
    for (const page of sample) bytes += sizeOf(each, page);
    if (bytes < bestBytes) [best, bestBytes] = [each, bytes];
  }
  return best ?? plain;
}

function sizeOf(encoding: DoubleEncoding, page: number): number {
  const out = new ByteBuffer();
  encoding.write(out, page);
  return compressPage(out.written).length;
}

function inDictionary(
  pages: Pages,
  values: Float64Array<ArrayBuffer>,
): DoubleEncoding | undefined {
  const max = Math.min(DICTIONARY_DOUBLES_MAX, values.length >> 1);
  const indices = dictionary.indices(values, max);
  if (indices === undefined || values.length === 0) return undefined;
  const page = new ByteBuffer();
  writePlainDoubles(page, dictionary.values);
  // A width of 0 bits is valid, but some readers fail on it.
  const bits = Math.max(1, bitsFor(dictionary.count - 1));
  const starts = [0];
  for (const { length } of pages) starts.push((starts.at(-1) ?? 0) + length);
  return {
    encoding: RLE_DICTIONARY,
    dictionary: { count: dictionary.count, page: page.written },
    write: (out, number) => {
      out.uint8(bits);
      writeRuns(out, indices.subarray(starts[number], starts[number + 1]), bits);
    },
  };
}
