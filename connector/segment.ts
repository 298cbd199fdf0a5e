import type { CaptureInfo } from "@ssmd/archive";
import type { Gap } from "@ssmd/market";
import { SsmdError } from "@ssmd/runtime";
import type { ConnectionContinuity } from "./continuity.ts";

/** A turn whose records a checkpoint's sequence counts. */
export interface CountedTurn {
  /** Its start, µs. */
  fromUs: number;
  /** Its end, µs; absent = still running. */
  endUs?: number;
}

/** State of a connection at the start of a segment, sufficient to resume from. */
export interface ConnectionCheckpoint {
  /** Number in the run, from 1. */
  connectionIndex: number;
  /** Sequence of the last record published. */
  sequence: number;
  /** Time of its last line, µs; 0 = none yet. */
  lastUs: number;
  /** Time of its last sign of life, µs; absent in checkpoints of earlier versions. */
  aliveUs?: number | undefined;
  /** Lines of this connection in earlier segments. */
  linesBefore: number;
  /** Its continuity. */
  continuity: ConnectionContinuity;
  /** Id of the normalizer's version. */
  normalizer: string;
  /** The normalizer's own state. */
  state: unknown;
  /** Last turn that `sequence` counts; null = none yet; absent = no turns, or an earlier version. */
  turn?: CountedTurn | null | undefined;
  /** Open gaps, when the run has turns. */
  openGaps?: Gap[] | undefined;
  /** First line of its raw files. */
  capture: CaptureInfo;
}

/** First line of a segment. */
export interface SegmentHeader {
  run: string;
  env: string;
  feed: string;
  /** Number of the first line after the header. */
  firstLine: number;
  /** Start, µs. */
  openedUs: number;
  connections: ConnectionCheckpoint[];
}

/** One line of a segment: a raw line and its connection. */
export interface SegmentLine {
  /** Number in the run, from 1. */
  number: number;
  connectionIndex: number;
  /** The raw line's bytes, with the line feed. */
  raw: Uint8Array<ArrayBuffer>;
}

/** A segment on disk. */
export interface Segment {
  path: string;
  run: string;
  firstLine: number;
}

const NAME = /^([0-9a-z]+)-(\d{12})\.log$/;
const TEXT = new TextDecoder();

/** Returns the file name of a segment; names sort by run and line. */
export function segmentName(run: string, firstLine: number): string {
  return `${run}-${String(firstLine).padStart(12, "0")}.log`;
}

/** Returns the run in a segment's file name; undefined for other files. */
export function runOfSegment(name: string): string | undefined {
  return NAME.exec(name)?.[1];
}

/** Lists the segments in `dir`, oldest first. */
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
  // A longer base-36 number is the larger one.
  return segments.sort((a, b) => a.run.length - b.run.length || (a.path < b.path ? -1 : 1));
}

const READ_BYTES = 256 * 1024;
const LINE_FEED = 10;
const SPACE = 32;

/**
 * Reads a segment in batches, as a minute of a busy feed does not fit in memory. A last line
 * without a line feed was not durable and is left out.
 */
export class SegmentReader {
  /** Header with the checkpoints of its connections. */
  readonly header: SegmentHeader;
  #bytes: ReadBytes;
  #number: number;

  private constructor(header: SegmentHeader, bytes: ReadBytes) {
    this.header = header;
    this.#bytes = bytes;
    this.#number = header.firstLine;
  }

  /**
   * Opens a segment; undefined when its header is incomplete, so that it holds no accepted line.
   * Throws SsmdError `SPOOL_DAMAGED` when the header cannot be read.
   */
  static async open(segment: Segment): Promise<SegmentReader | undefined> {
    const bytes = new ReadBytes(await Deno.open(segment.path));
    try {
      while (await bytes.readMore()) {
        const end = bytes.unread.indexOf(LINE_FEED);
        if (end < 0) continue;
        const header = parseHeader(bytes.unread.subarray(0, end), segment.path);
        bytes.skip(end + 1);
        return new SegmentReader(header, bytes);
      }
    } catch (error) {
      bytes.close();
      throw error;
    }
    bytes.close();
    return undefined;
  }

  /** Bytes of the torn last line; valid after all lines were read. */
  get tornBytes(): number {
    return this.#bytes.unread.length;
  }

  /** Number of the last line read; one less than the first when there is none. */
  get lastLine(): number {
    return this.#number - 1;
  }

  /** Closes the file; only needed when `batches` is not read. */
  close(): void {
    this.#bytes.close();
  }

  /**
   * Yields the complete lines in batches and closes the file. The bytes of a batch are overwritten
   * by the next one.
   */
  async *batches(): AsyncGenerator<SegmentLine[]> {
    const bytes = this.#bytes;
    try {
      do {
        const whole = bytes.unread.lastIndexOf(LINE_FEED) + 1;
        if (whole > 0) yield this.#linesOf(bytes.unread.subarray(0, whole));
        bytes.skip(whole);
      } while (await bytes.readMore());
    } finally {
      bytes.close();
    }
  }

  #linesOf(bytes: Uint8Array<ArrayBuffer>): SegmentLine[] {
    const lines: SegmentLine[] = [];
    for (let at = 0; at < bytes.length;) {
      const end = bytes.indexOf(LINE_FEED, at) + 1;
      const space = bytes.indexOf(SPACE, at);
      const connectionIndex = Number(TEXT.decode(bytes.subarray(at, space)));
      lines.push({ number: this.#number++, connectionIndex, raw: bytes.subarray(space + 1, end) });
      at = end;
    }
    return lines;
  }
}

/** Bytes of a file, read through one buffer. */
class ReadBytes {
  #file: Deno.FsFile;
  #buffer = new Uint8Array(READ_BYTES);
  #start = 0;
  #end = 0;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Bytes read and not skipped; valid until the next read. */
  get unread(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  skip(bytes: number): void {
    this.#start += bytes;
  }

  /** Reads the next part after the unread bytes; false at the file's end. */
  async readMore(): Promise<boolean> {
    const unread = this.unread;
    // A line longer than half the buffer.
    if (unread.length * 2 > this.#buffer.length) {
      this.#buffer = new Uint8Array(this.#buffer.length * 2);
    }
    this.#buffer.set(unread);
    this.#start = 0;
    this.#end = unread.length;
    const read = await this.#file.read(this.#buffer.subarray(this.#end));
    this.#end += read ?? 0;
    return read !== null;
  }

  close(): void {
    this.#file.close();
  }
}

/** Versions up to November 2026 wrote `good: { goodUs }` for `continuity: { lastGoodAtUs }`. */
function withContinuity(
  { good, ...checkpoint }: ConnectionCheckpoint & {
    good?: { goodUs: number } & Omit<ConnectionContinuity, "lastGoodAtUs">;
  },
): ConnectionCheckpoint {
  if (good === undefined) return checkpoint;
  const { goodUs, ...rest } = good;
  return { ...checkpoint, continuity: { lastGoodAtUs: goodUs, ...rest } };
}

function parseHeader(bytes: Uint8Array, path: string): SegmentHeader {
  try {
    const header = JSON.parse(TEXT.decode(bytes)) as SegmentHeader;
    return { ...header, connections: header.connections.map(withContinuity) };
  } catch (cause) {
    throw new SsmdError("SPOOL_DAMAGED", `The header of spool segment ${path} cannot be read`, {
      hint: "Move the file away to start without it; what it holds is lost to the archive",
      cause,
    });
  }
}
