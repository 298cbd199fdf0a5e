import { toJson } from "@ssmd/codec";
import { framesOf, normalizedOf, textLinesOf } from "@ssmd/archive";

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
