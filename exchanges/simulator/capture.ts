import { Buffer } from "node:buffer";
import { StorageError, usOfIso } from "@ssmd/runtime";
import { compactJson, elementsOf } from "./json_text.ts";
import { decompressFrames } from "./zstd_frames.ts";

/** One recorded frame. */
export interface CaptureFrame {
  /** When it was received, µs since 1970. */
  atUs: number;
  /** The frame's own text, as it is in the file. */
  text: string;
}

const CHUNK_BYTES = 256 * 1024;

async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    if (path.endsWith(".zst")) {
      yield* decompressFrames(await Deno.readFile(path));
      return;
    }
    using file = await Deno.open(path);
    for (;;) {
      const buffer = new Uint8Array(CHUNK_BYTES);
      const count = await file.read(buffer);
      if (count === null) return;
      yield buffer.subarray(0, count);
    }
  } catch (cause) {
    if (cause instanceof StorageError) throw cause;
    throw new StorageError("CAPTURE_UNREADABLE", `The capture ${path} cannot be read.`, {
      cause,
      context: { path },
      hint: 'Give an existing file of lines {"t":…,"m":…}, plain or .zst.',
    });
  }
}

/** The frame of a line; undefined for markers, headers and cut lines. */
export function frameOfLine(line: string): CaptureFrame | undefined {
  if (!line.startsWith(`{"t":"`)) return undefined;
  const close = line.indexOf(`"`, 6);
  const end = line.lastIndexOf("}");
  const atUs = Number(line.slice(6, close - 3));
  if (line.startsWith(`,"m":`, close + 1)) return { atUs, text: line.slice(close + 6, end) };
  if (!line.startsWith(`,"x":"`, close + 1)) return undefined;
  const base64 = line.slice(close + 7, line.indexOf(`"`, close + 7));
  return { atUs, text: Buffer.from(base64, "base64").toString("utf8") };
}

async function* framesOfLines(path: string): AsyncGenerator<CaptureFrame[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunksOf(path)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    const frames: CaptureFrame[] = [];
    for (const line of lines) {
      const frame = frameOfLine(line);
      if (frame !== undefined) frames.push(frame);
    }
    if (frames.length > 0) yield frames;
  }
  const last = rest.endsWith("}") ? frameOfLine(rest) : undefined;
  if (last !== undefined) yield [last];
}

/** The frames of a file `{"init":…,"updates":[…]}`; their time is their own. */
async function framesOfDocument(path: string): Promise<CaptureFrame[]> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of chunksOf(path)) text += decoder.decode(chunk, { stream: true });
  const document = compactJson(text);
  const texts = [document.indexOf(`"init":`) + 7, document.indexOf(`"updates":[`) + 11]
    .flatMap((start) => elementsOf(document, start));
  let lastUs = 0;
  return texts.map((frame) => {
    const time = /"timestamp":"([^"]+)"/.exec(frame)?.[1];
    if (time !== undefined) lastUs = usOfIso(time);
    return { atUs: lastUs, text: frame };
  });
}

/**
 * Reads a capture in its order, some frames at a time. Throws StorageError `CAPTURE_UNREADABLE` or
 * `CAPTURE_DAMAGED`.
 */
export async function* readCapture(path: string): AsyncGenerator<CaptureFrame[]> {
  if (!path.endsWith(".json") && !path.endsWith(".json.zst")) return yield* framesOfLines(path);
  const frames = await framesOfDocument(path);
  const firstUs = frames.find((frame) => frame.atUs > 0)?.atUs ?? 0;
  for (const frame of frames) frame.atUs ||= firstUs;
  yield frames;
}
