import { decode, messagesIn, toJson } from "@ssmd/codec";
import { framesOf, normalizedOf, streamNormalized, textLinesOf } from "@ssmd/archive";

/** A file that is read by ranges. */
export interface RangedFile {
  /** For errors. */
  name: string;
  bytes: number;
  getRange: (name: string, start: number, end: number) => Promise<Uint8Array>;
}

/**
 * A raw or normalized file as JSON lines without line breaks: records as their JSON view, raw lines
 * as they stand. Throws ArchiveError with the place after everything that is whole.
 */
export function* jsonLinesOf(file: Uint8Array, name: string): Iterable<string> {
  if (framesOf(file).frames[0]?.kind === "skippable") {
    for (const event of normalizedOf(file, name).records) yield JSON.stringify(toJson(event));
    return;
  }
  yield* textLinesOf(file, name);
}

/**
 * A normalized file as JSON lines, a zstd frame's at a time: at most a range and a frame are in
 * memory. Throws ArchiveError with the place after everything that is whole.
 */
export async function* jsonLinesIn({ name, bytes, getRange }: RangedFile): AsyncIterable<string[]> {
  const { lineage, frames } = await streamNormalized({ getRange }, { key: name, bytes });
  const { type } = lineage.schema;
  for await (const plain of frames) {
    yield Array.from(messagesIn(plain), (message) => JSON.stringify(toJson(decode(type, message))));
  }
}
