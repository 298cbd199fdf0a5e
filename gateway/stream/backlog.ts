import type { FrameMeta } from "./frame_meta.ts";
import { isDroppable, TYPE_INDEX } from "./type_bits.ts";

/** Messages are copied out of shared memory when they use less than 1/4 of it. */
const SHARED_MEMORY_DIVISOR = 4;
/** Size of a client's first own chunk, and growth of the next ones: most backlogs are short. */
const FIRST_CHUNK_BYTES = 4 * 1024;
const CHUNK_GROWTH = 4;

/** Whole messages back to back: `memory[start, end)`. */
class Chunk<S> {
  readonly memory: Uint8Array;
  readonly start: number;
  end: number;
  /** Whether the chunk owns its memory, so that more may be appended. */
  readonly isOwn: boolean;
  /** Metas of the messages, in order. */
  readonly metas: FrameMeta<S>[] = [];

  constructor(memory: Uint8Array, start: number, isOwn: boolean) {
    this.memory = memory;
    this.start = this.end = start;
    this.isOwn = isOwn;
  }

  get length(): number {
    return this.end - this.start;
  }

  get bytes(): Uint8Array {
    return this.memory.subarray(this.start, this.end);
  }

  get isDense(): boolean {
    return this.length * SHARED_MEMORY_DIVISOR >= this.memory.buffer.byteLength;
  }

  /** Adds the message that follows directly in memory. */
  extend(meta: FrameMeta<S>): void {
    this.end += meta.bytes;
    this.metas.push(meta);
  }

  /** Appends a copy of another chunk's messages. */
  append(chunk: Chunk<S>): void {
    this.memory.set(chunk.bytes, this.end);
    for (const meta of chunk.metas) this.extend(meta);
  }
}

/**
 * Messages that wait behind a write, in chunks of bounded size: adding, dropping or taking moves at
 * most one chunk. A chunk is a run of shared frames while it uses at least 1/4 of their memory;
 * scattered messages are copied out, so that a client never retains much more memory than it needs.
 */
export class Backlog<S> {
  #chunkBytes: number;
  #chunks: Chunk<S>[] = [];
  #bytes = 0;
  #messages = 0;

  /** `chunkBytes` is the maximum size of a chunk, except for a single larger message. */
  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get messages(): number {
    return this.#messages;
  }

  /** Adds the message that begins at `start` of a buffer, which must not change afterwards. */
  add(buffer: Uint8Array, start: number, meta: FrameMeta<S>): void {
    let chunk = this.#chunks.at(-1);
    const isContiguous = chunk?.memory === buffer && chunk.end === start &&
      chunk.length + meta.bytes <= this.#chunkBytes;
    if (chunk === undefined || !isContiguous) {
      this.#closeLast();
      this.#chunks.push(chunk = new Chunk<S>(buffer, start, false));
    }
    chunk.extend(meta);
    this.#bytes += meta.bytes;
    this.#messages++;
  }

  /** Takes the oldest messages, at most one chunk; their bytes do not change afterwards. */
  take(): { bytes: Uint8Array; messages: number } | undefined {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return undefined;
    this.#bytes -= chunk.length;
    this.#messages -= chunk.metas.length;
    return { bytes: chunk.bytes, messages: chunk.metas.length };
  }

  /**
   * Drops the oldest records until at most these bytes and messages are left, and all changes of a
   * book after a dropped one. Calls `onDropped` for each; returns the markets whose books this
   * breaks.
   */
  makeRoom(bytesMax: number, messagesMax: number, onDropped: (meta: FrameMeta<S>) => void): Set<S> {
    const broken = new Set<S>();
    const isTooMuch = () => this.#bytes > bytesMax || this.#messages > messagesMax;
    const isDropped = (meta: FrameMeta<S>) => {
      if (!mustGo(meta, isTooMuch(), broken)) return false;
      this.#bytes -= meta.bytes;
      this.#messages--;
      onDropped(meta);
      return true;
    };
    const kept: Chunk<S>[] = [];
    let seen = 0;
    while (seen < this.#chunks.length && (isTooMuch() || broken.size > 0)) {
      const chunk = this.#chunks[seen++] as Chunk<S>;
      for (const run of runsWithout(chunk, isDropped)) this.#append(kept, run);
    }
    this.#chunks.splice(0, seen, ...kept);
    return broken;
  }

  #closeLast(): void {
    const last = this.#chunks.at(-1);
    if (last === undefined || last.isOwn || last.isDense) return;
    this.#chunks.pop();
    this.#append(this.#chunks, last);
  }

  /** Appends a dense chunk as it is, else a copy of its messages. */
  #append(chunks: Chunk<S>[], chunk: Chunk<S>): void {
    if (chunk.isDense) return void chunks.push(chunk);
    let last = chunks.at(-1);
    if (last === undefined || !last.isOwn || last.end + chunk.length > last.memory.length) {
      const usual = Math.min(FIRST_CHUNK_BYTES * CHUNK_GROWTH ** chunks.length, this.#chunkBytes);
      chunks.push(last = new Chunk<S>(new Uint8Array(Math.max(usual, chunk.length)), 0, true));
    }
    last.append(chunk);
  }
}

/** Returns the runs of a chunk that remain after removing messages, in place. */
function runsWithout<S>(chunk: Chunk<S>, isDropped: (meta: FrameMeta<S>) => boolean): Chunk<S>[] {
  const runs: Chunk<S>[] = [];
  let run: Chunk<S> | undefined;
  let at = chunk.start;
  for (const meta of chunk.metas) {
    if (isDropped(meta)) run = undefined;
    else {
      if (run === undefined) runs.push(run = new Chunk<S>(chunk.memory, at, false));
      run.extend(meta);
    }
    at += meta.bytes;
  }
  return runs[0]?.length === chunk.length ? [chunk] : runs;
}

function mustGo<S>(meta: FrameMeta<S>, isTooMuch: boolean, broken: Set<S>): boolean {
  const { type, subject } = meta;
  if (!isDroppable(type) || subject === undefined) return false;
  if (type !== TYPE_INDEX.orderbook) return isTooMuch;
  if (!isTooMuch && meta.isSnapshot) broken.delete(subject);
  const isDropped = isTooMuch || broken.has(subject);
  if (isDropped) broken.add(subject);
  return isDropped;
}
