import { zstdDecompressSync } from "node:zlib";

/** A book by side: price text → size text, both as short as they can be written. */
export interface IndependentBook {
  bids: Map<string, string>;
  asks: Map<string, string>;
}

/** What an independent reading finds in a capture. */
export interface Reading {
  frames: number;
  orderbook: number;
  ticker: number;
  trade: number;
  /** Holes in sequence numbers, as `sid from→to`. */
  holes: string[];
  /** Checksums that were computed over text and agree, and others. */
  checksums: { verified: number; failed: number };
  /** Frames of no kind that this reading knows. */
  unknown: number;
  /** Levels that would be below zero. */
  negative: number;
  /** Books as they stand at the end, by the venue's name; without those that a hole has spoilt. */
  books: Map<string, IndependentBook>;
}

/** Nothing read yet. */
export function emptyReading(): Reading {
  return {
    ...{ frames: 0, orderbook: 0, ticker: 0, trade: 0, unknown: 0, negative: 0 },
    holes: [],
    checksums: { verified: 0, failed: 0 },
    books: new Map(),
  };
}

const FRAME_KEY = `,"m":`;

/** Texts of a capture's frames; lines that tell what the recorder did are left out. */
export function framesIn(path: string): string[] {
  return linesIn(path).frames;
}

/** Before which frames, counted from 0, the recorder says that it connected once more. */
export function breaksIn(path: string): Set<number> {
  return linesIn(path).breaks;
}

function linesIn(path: string): { frames: string[]; breaks: Set<number> } {
  const bytes = Deno.readFileSync(path);
  const text = new TextDecoder().decode(path.endsWith(".zst") ? zstdDecompressSync(bytes) : bytes);
  const frames: string[] = [];
  const breaks = new Set<number>();
  for (const line of text.split("\n")) {
    const at = line.indexOf(FRAME_KEY);
    if (at >= 0 && at < 40) frames.push(line.slice(at + FRAME_KEY.length, line.lastIndexOf("}")));
    else if (line.includes(`"e":"ws_connected"`) && frames.length > 0) breaks.add(frames.length);
  }
  return { frames, breaks };
}
