import { toJson } from "@ssmd/codec";
import { framesOf, normalizedOf, openArchived, textLinesOf } from "@ssmd/archive";

/** File read by byte ranges. */
export interface RangedFile {
  /** File name in errors. */
  name: string;
  bytes: number;
  getRange: (name: string, start: number, end: number) => Promise<Uint8Array>;
}

/**
 * Yields a raw or normalized file as JSON lines without line breaks: records in their JSON view,
 * raw lines verbatim. Throws ArchiveError with the position, after yielding everything intact.
 */
export function* jsonLinesOf(file: Uint8Array, name: string): Iterable<string> {
  if (framesOf(file).frames[0]?.kind === "skippable") {
    for (const event of normalizedOf(file, name).records) yield JSON.stringify(toJson(event));
    return;
  }
  yield* textLinesOf(file, name);
}

/**
 * Yields a window or a sealed day as JSON lines, one frame or page at a time, so that only one
 * range is in memory. Throws ArchiveError with the position, after yielding everything intact.
 */
export async function* jsonLinesIn({ name, bytes, getRange }: RangedFile): AsyncIterable<string[]> {
  const { records } = await openArchived({ getRange }, { key: name, bytes });
  for await (const batch of records()) {
    yield Array.from(batch, (record) => JSON.stringify(toJson(record)));
  }
}
