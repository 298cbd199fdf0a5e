import { sleep, type StorageError, syncFolder } from "@ssmd/runtime";
import { LateSync } from "./late_sync.ts";
import { type Segment, type SegmentHeader, segmentName } from "./segment.ts";
import { isDiskFull, troubleOf } from "./spool_trouble.ts";

/** Options of {@linkcode Spool}. */
interface SpoolOptions {
  /** Folder of the segments; must exist. */
  dir: string;
  /** Whether lines are accepted once written, before fdatasync; default false. */
  countsWritten?: boolean;
  /** Returns the current header for a segment that starts with line `firstLine`. */
  header: (firstLine: number) => SegmentHeader;
  /** Called when `count` further lines are accepted, in order; must not throw. */
  onDurable: (count: number) => void;
  /** Called when a segment is complete. */
  onClosed: (segment: Segment) => void;
  /** Called for each failed write, and with undefined when writing works again. */
  onTrouble: (error: StorageError | undefined) => void;
}

const MINUTE_US = 60_000_000;
const RETRY_MS = 1000;
/** Shortest time between two groups, unless frames came meanwhile: each costs 0.4 ms of CPU. */
const GROUP_MS_MIN = 3;
/** Pending bytes that end the pause. */
const COMMIT_NOW_BYTES = 256 * 1024;
/** First size of a buffer of lines: what comes while a group is written. */
const BUFFER_BYTES = 1024 * 1024;
const ENCODER = new TextEncoder();

/**
 * Append-only log in which frames become accepted: lines of all connections of a connector in one
 * order, one fdatasync per group (measured: 1000 messages per sync run 400 times faster than one).
 * Rotated by the minute; each segment starts with a checkpoint of all connections. With
 * `countsWritten`, a killed process loses nothing, a power failure the last milliseconds.
 */
export class Spool {
  #options: SpoolOptions;
  #run: string;
  #buffer = new Uint8Array(BUFFER_BYTES);
  #spare = new Uint8Array(BUFFER_BYTES);
  #used = 0;
  #count = 0;
  #firstAtUs = 0;
  #nextLine = 1;
  #durableLine = 0;
  #file: Deno.FsFile | undefined;
  /** Present with `countsWritten`. */
  #lateSync: LateSync | undefined;
  #segment: Segment | undefined;
  #minute = -1;
  #offset = 0;
  /** A failed write may have left bytes after the offset. */
  #isTorn = false;
  #committing: Promise<void> | undefined;
  /** Newest group of lines being, or already, written. */
  #group: Promise<void> | undefined;
  /** Start of the newest group, in ms of `performance.now()`. */
  #groupedAtMs = -Infinity;
  /** Ends the newest pause before a group; undefined = there was none. */
  #endPause: (() => void) | undefined;
  #givenUp = new AbortController();

  /** Opens nothing before the first line. */
  constructor(run: string, options: SpoolOptions) {
    this.#run = run;
    this.#options = options;
    if (!options.countsWritten) return;
    this.#lateSync = new LateSync({
      pauseRefused: (error) => this.#pauseRefused(error),
      givenUp: this.#givenUp.signal,
    });
  }

  /** Number of bytes not yet committed. */
  get pendingBytes(): number {
    return this.#used;
  }

  /** Number of lines not yet durable. */
  get waitingLines(): number {
    return this.#nextLine - 1 - this.#durableLine;
  }

  /** Number of the last durable line. */
  get durableLine(): number {
    return this.#durableLine;
  }

  /**
   * Appends one raw line, given as `head`, `body` and `tail`, and returns its number. It is
   * accepted when `onDurable` has counted it.
   */
  append(
    connectionIndex: number,
    atUs: number,
    head: string,
    body: Uint8Array,
    tail: string,
  ): number {
    this.#reserve(head.length * 3 + body.length + tail.length + 16);
    if (this.#count === 0) this.#firstAtUs = atUs;
    const buffer = this.#buffer;
    let at = this.#used;
    at = putAscii(buffer, at, String(connectionIndex));
    buffer[at++] = 32;
    at += ENCODER.encodeInto(head, buffer.subarray(at)).written;
    buffer.set(body, at);
    at += body.length;
    at = putAscii(buffer, at, tail);
    buffer[at++] = 10;
    this.#used = at;
    this.#count++;
    this.#schedule();
    return this.#nextLine++;
  }

  /** Makes the next line start a new segment. */
  cut(): void {
    this.#minute = -1;
  }

  /** Resolves when all lines appended before the call are durable. */
  async commit(): Promise<void> {
    const line = this.#nextLine - 1;
    this.#endPause?.();
    while (this.#durableLine < line && !this.#givenUp.signal.aborted) {
      this.#committing ??= this.#commitAll();
      await this.#group;
    }
    await this.#lateSync?.syncAll();
  }

  /**
   * Abandons lines that the disk refuses and takes no more, so that the process can end. Returns
   * the number of lost lines, which were never accepted.
   */
  giveUp(): number {
    this.#givenUp.abort();
    return this.waitingLines;
  }

  /** Commits, and closes the open segment. */
  async close(): Promise<void> {
    do {
      await this.commit();
      await this.#committing;
    } while (this.#count > 0 && !this.#givenUp.signal.aborted);
    this.#closeSegment();
  }

  /** A group is what one socket read brought, or what came while the group before was written. */
  #schedule(): void {
    if (this.#used >= COMMIT_NOW_BYTES) this.#endPause?.();
    this.#committing ??= this.#untilDue().then(() => this.#commitAll());
  }

  /** Resolves at once, or after a pause in which frames that come one by one are grouped. */
  #untilDue(): Promise<void> {
    const waitMs = this.#groupedAtMs + GROUP_MS_MIN - performance.now();
    if (waitMs <= 0 || this.#lateSync) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #commitAll(): Promise<void> {
    try {
      while (this.#count > 0 && !this.#givenUp.signal.aborted) {
        await (this.#group = this.#commitGroup());
      }
    } finally {
      this.#committing = undefined;
    }
  }

  async #commitGroup(): Promise<void> {
    this.#groupedAtMs = performance.now();
    const { bytes, count, firstAtUs } = this.#take();
    const minute = Math.floor(firstAtUs / MINUTE_US);
    for (;;) {
      try {
        if (minute !== this.#minute || !this.#file) await this.#openSegment(minute, firstAtUs);
        await this.#write(bytes, this.#lateSync?.isRefused ?? true);
        break;
      } catch (error) {
        await this.#pauseRefused(error);
        if (this.#givenUp.signal.aborted) return;
      }
    }
    this.#releaseAfterStall(bytes.length);
    this.#durableLine += count;
    this.#options.onTrouble(undefined);
    this.#options.onDurable(count);
  }

  /** A buffer grows while the disk is slow; once groups are small again, it is not needed. */
  #releaseAfterStall(written: number): void {
    if (this.#spare.length <= BUFFER_BYTES || written > this.#spare.length / 8) return;
    this.#spare = new Uint8Array(BUFFER_BYTES);
  }

  async #pauseRefused(error: unknown): Promise<void> {
    this.#options.onTrouble(troubleOf(error, this.#options.dir));
    await sleep(RETRY_MS, this.#givenUp.signal);
  }

  /** Takes the pending lines and swaps the buffers. */
  #take(): { bytes: Uint8Array; count: number; firstAtUs: number } {
    const bytes = this.#buffer.subarray(0, this.#used);
    const taken = { bytes, count: this.#count, firstAtUs: this.#firstAtUs };
    [this.#buffer, this.#spare] = [this.#spare, this.#buffer];
    this.#used = this.#count = 0;
    return taken;
  }

  async #openSegment(minute: number, openedUs: number): Promise<void> {
    await this.#lateSync?.sync();
    this.#closeSegment();
    const firstLine = this.#durableLine + 1;
    const path = `${this.#options.dir}/${segmentName(this.#run, firstLine)}`;
    const header = { ...this.#options.header(firstLine), openedUs };
    // Before anything is awaited: a `cut` from now on asks for a header after this one.
    this.#minute = minute;
    this.#file = await Deno.open(path, { write: true, create: true, truncate: true });
    this.#segment = { path, run: this.#run, firstLine };
    this.#offset = 0;
    try {
      await this.#lateSync?.open(path);
      await this.#write(ENCODER.encode(JSON.stringify(header) + "\n"), true);
      await syncFolder(this.#options.dir);
    } catch (error) {
      this.#dropSegment();
      throw error;
    }
  }

  /** Writes at the last good offset, over a failed write. */
  async #write(bytes: Uint8Array, syncs: boolean): Promise<void> {
    const file = this.#file as Deno.FsFile;
    if (this.#isTorn) await file.seek(this.#offset, Deno.SeekMode.Start);
    this.#isTorn = true;
    try {
      for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
      if (syncs) await file.syncData();
      else this.#lateSync?.written();
    } catch (error) {
      const isClean = await file.truncate(this.#offset).then(() => true, () => false);
      if (isClean && isDiskFull(error)) this.#cutFull();
      throw error;
    }
    this.#isTorn = false;
    this.#offset += bytes.length;
  }

  /** A closed segment leaves the disk once it is in storage, an open one never does. */
  #cutFull(): void {
    if (this.#segment && this.#durableLine >= this.#segment.firstLine) this.cut();
  }

  #closeSegment(): void {
    const segment = this.#segment;
    this.#closeFile();
    if (segment) this.#options.onClosed(segment);
  }

  #dropSegment(): void {
    const path = this.#segment?.path;
    this.#closeFile();
    if (path) Deno.removeSync(path);
  }

  #closeFile(): void {
    this.#file?.close();
    this.#lateSync?.close();
    this.#file = this.#segment = undefined;
    this.#isTorn = false;
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(this.#buffer.length * 2, this.#used + bytes));
    larger.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = larger;
  }
}

function putAscii(buffer: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) buffer[at++] = text.charCodeAt(i);
  return at;
}
