import { suggestion } from "@ssmd/runtime/suggest";
import { locationOf } from "../source/signal_refused.ts";
import type { Finding } from "./static_findings.ts";

/** Finds the feeds that a signal reads and nobody captures; `known` are those that there are. */
export async function feedFindings(
  needed: readonly string[],
  known: readonly string[],
  files: readonly string[],
): Promise<Finding[]> {
  const unknown = needed.filter((feed) => !known.includes(feed));
  if (unknown.length === 0) return [];
  const texts = await Promise.all(
    files.map(async (file) => ({ file, text: await Deno.readTextFile(file) })),
  );
  const findings = unknown.map((feed) => ({
    ...locationIn(feed, texts),
    message: `There is no feed "${feed}" in the registry`,
    hint: known.length === 0 ? "ssmd feed create makes one" : suggestion(feed, known),
  }));
  return findings.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** Location of a name's first literal outside of comments; the beginning if it is put together. */
function locationIn(name: string, texts: readonly { file: string; text: string }[]) {
  for (const { file, text } of texts) {
    const code = text.replace(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*/gm, (each) => " ".repeat(each.length));
    const offset = [`"${name}"`, `'${name}'`, `\`${name}\``].map((each) => code.indexOf(each))
      .filter((at) => at >= 0);
    // The location is that in the text itself: spaces took the line breaks of comments.
    if (offset.length > 0) return locationOf(file, text, Math.min(...offset));
  }
  return { file: texts.at(-1)?.file ?? "", line: 1, column: 1 };
}
