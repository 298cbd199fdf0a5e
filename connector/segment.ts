import type { CaptureInfo } from "@ssmd/archive";
import { SsmdError } from "@ssmd/runtime";

/** Where a connection stood when a segment began: enough to go on from there. */
export interface ConnectionCheckpoint {
  /** Number of the connection in the run. */
  slot: number;
  /** Number of the last record given. */
  sequence: number;
  /** Time of its last line, µs; 0 = none yet. */
  lastUs: number;
  /** Lines of this connection in earlier segments. */
  linesBefore: number;
  /** Id of the normalizer's version. */
  normalizer: string;
  /** The normalizer's own state. */
  state: unknown;
  /** The first line of its raw files. */
  capture: CaptureInfo;
}

/** First line of a segment. */
export interface SegmentHeader {
  run: string;
  env: string;
  feed: string;
  /** Number of the first line after the header. */
  firstLine: number;
  /** When it was begun, µs. */
  openedUs: number;
  connections: ConnectionCheckpoint[];
}

/** One line of a segment: a raw line and who received it. */
export interface SegmentLine {
  /** Number in the run, from 1. */
  number: number;
  slot: number;
  /** The raw line's bytes, with the line feed. */
  raw: Uint8Array;
}

/** A segment on disk. */
export interface Segment {
  path: string;
  run: string;
  firstLine: number;
}

const NAME = /^([0-9a-z]+)-(\d{12})\.log$/;
const TEXT = new TextDecoder();

/** File name of a segment; sorts by run and line. */
export function segmentName(run: string, firstLine: number): string {
  return `${run}-${String(firstLine).padStart(12, "0")}.log`;
}

/** Segments in `dir`, oldest first. */
export async function listSegments(dir: string): Promise<Segment[]> {
  const segments: Segment[] = [];
  for await (const entry of Deno.readDir(dir)) {
    const match = NAME.exec(entry.name);
    if (match) {
      segments.push({
        path: `${dir}/${entry.name}`,
        run: match[1] as string,
        firstLine: Number(match[2]),
      });
    }
  }
  return segments.sort((a, b) => a.path < b.path ? -1 : 1);
}

/** A segment read back: its header, its whole lines, and the bytes of a torn last line. */
export interface SegmentContent {
  header: SegmentHeader;
  lines: SegmentLine[];
  tornBytes: number;
}

/**
 * Reads a segment. A last line without its line feed was never durable as a whole: it is left out
 * and its length told. Undefined when not even the header is whole (nothing was accepted in it).
 */
export async function readSegment(segment: Segment): Promise<SegmentContent | undefined> {
  const bytes = await Deno.readFile(segment.path);
  const headerEnd = bytes.indexOf(10);
  if (headerEnd < 0) return undefined;
  const header = parseHeader(bytes.subarray(0, headerEnd), segment.path);
  const lines: SegmentLine[] = [];
  let number = header.firstLine;
  let at = headerEnd + 1;
  for (let end = bytes.indexOf(10, at); end >= 0; end = bytes.indexOf(10, at)) {
    const space = bytes.indexOf(32, at);
    const slot = Number(TEXT.decode(bytes.subarray(at, space)));
    lines.push({ number: number++, slot, raw: bytes.subarray(space + 1, end + 1) });
    at = end + 1;
  }
  return { header, lines, tornBytes: bytes.length - at };
}

function parseHeader(bytes: Uint8Array, path: string): SegmentHeader {
  try {
    return JSON.parse(TEXT.decode(bytes)) as SegmentHeader;
  } catch (cause) {
    throw new SsmdError("SPOOL_DAMAGED", `the header of spool segment ${path} cannot be read`, {
      hint: "move the file away to start without it; what it holds is lost to the archive",
      cause,
    });
  }
}
