import { type Position } from "../position.ts";
import { binaryLine, type CaptureInfo } from "../raw_line.ts";
import { type RawFile, RawFileBuilder } from "../raw_writer.ts";

const UTF8 = new TextEncoder();

/** The line, with its line break, of a frame known to be JSON; its text goes in unchanged. */
export function frameLine(atUs: number, text: string): string {
  if (text.includes("\n")) return binaryLine(atUs, UTF8.encode(text));
  return `{"t":"${atUs}000","m":${text}}\n`;
}

/** A raw file of these lines; see {@linkcode RawFileBuilder}. */
export function buildRawFile(
  info: CaptureInfo,
  chunks: Iterable<Uint8Array>,
  level?: number,
): RawFile {
  const builder = new RawFileBuilder(info, level);
  for (const chunk of chunks) builder.add(chunk);
  return builder.finish();
}

/** The message id of a position. */
export function formatPosition(position: Position): string {
  return `${position.run}-${position.frame}-${position.index}`;
}
