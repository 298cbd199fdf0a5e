import { StorageError, usOfIso } from "@ssmd/runtime";
import { type CaptureLine, parseCaptureLine } from "./capture_line.ts";
import { compactJson, elementsOf } from "./json_text.ts";
import { decompressFrames, isZstd } from "./zstd_frames.ts";

const CHUNK_BYTES = 256 * 1024;
const GZIP = [0x1f, 0x8b] as const;

async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    using file = await Deno.open(path);
    const begin = new Uint8Array(4);
    const count = await file.read(begin) ?? 0;
    if (isZstd(begin.subarray(0, count))) {
      yield* decompressFrames(await Deno.readFile(path));
      return;
    }
    if (begin[0] === GZIP[0] && begin[1] === GZIP[1]) throw compressedOtherwise(path);
    await file.seek(0, Deno.SeekMode.Start);
    for (;;) {
      const buffer = new Uint8Array(CHUNK_BYTES);
      const count = await file.read(buffer);
      if (count === null) return;
      yield buffer.subarray(0, count);
    }
  } catch (cause) {
    if (cause instanceof StorageError) throw cause;
    throw new StorageError("CAPTURE_UNREADABLE", `The capture ${path} cannot be read`, {
      cause,
      context: { path },
      hint: 'Give an existing file of lines {"t":…,"m":…}, plain or compressed with zstd',
    });
  }
}

function compressedOtherwise(path: string): StorageError {
  return new StorageError("CAPTURE_UNREADABLE", `The capture ${path} is compressed with gzip`, {
    context: { path },
    hint: "Take it out of its compression, or compress it with zstd",
  });
}

/** Yields the lines of a file in batches. */
async function* linesOfFile(path: string): AsyncGenerator<CaptureLine[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunksOf(path)) {
    const texts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = texts.pop() ?? "";
    const lines = texts.flatMap((text) => parseCaptureLine(text) ?? []);
    if (lines.length > 0) yield lines;
  }
  const last = parseCaptureLine(rest + decoder.decode());
  if (last !== undefined) yield [last];
}

/** Frames of a file `{"init":…,"updates":[…]}`, with their own times. Undefined = another format. */
async function framesOfDocument(
  path: string,
): Promise<(CaptureLine & { kind: "frame" })[] | undefined> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of chunksOf(path)) text += decoder.decode(chunk, { stream: true });
  const document = compactJson(text);
  if (!document.includes(`"updates":[`)) return undefined;
  const texts = [document.indexOf(`"init":`) + 7, document.indexOf(`"updates":[`) + 11]
    .flatMap((start) => elementsOf(document, start));
  let lastUs = 0;
  return texts.map((frame) => {
    const time = /"timestamp":"([^"]+)"/.exec(frame)?.[1];
    if (time !== undefined) lastUs = usOfIso(time);
    return { kind: "frame", atUs: lastUs, text: frame };
  });
}

/**
 * Reads a capture in file order, in batches of lines. Throws StorageError `CAPTURE_UNREADABLE` or
 * `CAPTURE_DAMAGED`.
 */
export async function* readCapture(path: string): AsyncGenerator<CaptureLine[]> {
  if (!path.endsWith(".json") && !path.endsWith(".json.zst")) return yield* linesOfFile(path);
  const frames = await framesOfDocument(path);
  if (frames === undefined) return yield* linesOfFile(path);
  const firstUs = frames.find((frame) => frame.atUs > 0)?.atUs ?? 0;
  for (const frame of frames) frame.atUs ||= firstUs;
  yield frames;
}
