import { toJson } from "@ssmd/codec";
import { framesOf, normalizedOf, openArchived, textLinesOf } from "@ssmd/archive";

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
 * A window or a sealed day as JSON lines, a frame or a page at a time: no more of it is in memory than a
 * range. Throws ArchiveError with the place after everything that is whole.
 */
export async function* jsonLinesIn({ name, bytes, getRange }: RangedFile): AsyncIterable<string[]> {
  const { records } = await openArchived({ getRange }, { key: name, bytes });
  for await (const batch of records()) {
    yield Array.from(batch, (record) => JSON.stringify(toJson(record)));
  }
}
