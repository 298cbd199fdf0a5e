import { JournalError, pathExists } from "@ssmd/runtime";
import { join } from "node:path";
import { listSegments, scan, type Segment, segmentAt } from "./segment.ts";

/** A torn tail, left by a kill, that was truncated. */
export interface TornTail {
  /** Path of the file. */
  path: string;
  /** File size after truncation. */
  offset: number;
  /** Bytes removed; no append of them was ever acknowledged. */
  bytes: number;
}

/** Empty file whose lock a writer holds. */
const LOCK = "lock";

/** The newest file, open for writing. */
interface Current extends Segment {
  file: Deno.FsFile;
  /** Bytes known to be whole lines. */
  size: number;
}

/** Appends lines to the newest file of a folder shared with other processes. */
export class SegmentWriter {
  #dir: string;
  #segmentBytesMax: number;
  #onTornTail: ((tail: TornTail) => void) | undefined;
  #lock: Deno.FsFile | undefined;
  #current: Current | undefined;
  #last = 0;

  /** Touches nothing before {@linkcode SegmentWriter.open}. */
  constructor(dir: string, segmentBytesMax: number, onTornTail?: (tail: TornTail) => void) {
    this.#dir = dir;
    this.#segmentBytesMax = segmentBytesMax;
    this.#onTornTail = onTornTail;
  }

  /** Creates the folder, finds the last position and truncates a torn tail. */
  async open(): Promise<void> {
    await Deno.mkdir(this.#dir, { recursive: true, mode: 0o700 });
    this.#lock = await Deno.open(join(this.#dir, LOCK), { create: true, write: true, mode: 0o600 });
    await this.#locked(() => this.#catchUp());
  }

  /**
   * Writes the lines returned by `linesOf` for their first position; resolves with that position
   * once durable. On failure none of them is in the file.
   */
  async write(linesOf: (position: number) => Uint8Array[]): Promise<number> {
    return await this.#locked(async () => {
      let current = await this.#catchUp();
      if (current.size >= this.#segmentBytesMax) current = await this.#begin(this.#last + 1);
      const first = this.#last + 1;
      const lines = linesOf(first);
      const bytes = joined(lines);
      try {
        await writeAll(current.file, bytes);
        await current.file.syncData();
      } catch (error) {
        // If this fails too, the next catch-up truncates the torn tail.
        await current.file.truncate(current.size).catch(() => {});
        throw error;
      }
      current.size += bytes.length;
      this.#last += lines.length;
      return first;
    });
  }

  /** Returns the last durable position, across processes. */
  async lastPosition(): Promise<number> {
    return await this.#locked(async () => {
      await this.#catchUp();
      return this.#last;
    });
  }

  /** Closes the files. */
  close(): void {
    this.#current?.file.close();
    this.#lock?.close();
    this.#current = undefined;
    this.#lock = undefined;
  }

  async #locked<T>(body: () => Promise<T>): Promise<T> {
    const lock = this.#lock;
    if (lock === undefined) {
      throw new JournalError("JOURNAL_CLOSED", "The journal is closed", { hint: "Open it anew" });
    }
    await lock.lock(true);
    try {
      return await body();
    } finally {
      await lock.unlock();
    }
  }

  /** Reads what other processes appended since. */
  async #catchUp(): Promise<Current> {
    let current = this.#current ?? await this.#newest();
    for (;;) {
      const { size } = await current.file.stat();
      if (size !== current.size) await this.#takeIn(current);
      const next = segmentAt(this.#dir, this.#last + 1);
      if (next.first === current.first || !await pathExists(next.path)) return current;
      current = await this.#switchTo(next, { append: true, write: true });
    }
  }

  async #newest(): Promise<Current> {
    const newest = (await listSegments(this.#dir)).at(-1);
    if (newest === undefined) return await this.#begin(1);
    this.#last = newest.first - 1;
    return await this.#switchTo(newest, { append: true, write: true });
  }

  async #takeIn(current: Current): Promise<void> {
    const bytes = await Deno.readFile(current.path);
    if (bytes.length < current.size) {
      this.#last = current.first - 1;
      current.size = 0;
    }
    const { entries, end, tornBytes } = scan(bytes, current.size, {
      next: this.#last + 1,
      path: current.path,
    });
    this.#last += entries.length;
    current.size = end;
    if (tornBytes === 0) return;
    await current.file.truncate(end);
    await current.file.syncData();
    this.#onTornTail?.({ path: current.path, offset: end, bytes: tornBytes });
  }

  async #begin(first: number): Promise<Current> {
    const options = { append: true, write: true, createNew: true, mode: 0o600 };
    const current = await this.#switchTo(segmentAt(this.#dir, first), options);
    // Windows has no such call; NTFS journals its metadata.
    if (Deno.build.os !== "windows") {
      using folder = await Deno.open(this.#dir);
      await folder.sync();
    }
    return current;
  }

  async #switchTo(segment: Segment, options: Deno.OpenOptions): Promise<Current> {
    const file = await Deno.open(segment.path, options);
    this.#current?.file.close();
    this.#current = { ...segment, file, size: 0 };
    return this.#current;
  }
}

function joined(lines: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(lines.reduce((sum, line) => sum + line.length, 0));
  let at = 0;
  for (const line of lines) {
    bytes.set(line, at);
    at += line.length;
  }
  return bytes;
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += await file.write(bytes.subarray(written));
}
