import { setImmediate as nextTurn } from "node:timers/promises";
import {
  changedManifest,
  changeManifest,
  comparePositions,
  dayOfUs,
  formatFrameOffset,
  lastOffsetOf,
  loadManifest,
  type Manifest,
  type ManifestFile,
  manifestTimes,
  openManifest,
  parsePosition,
  type Position,
  type RawFile,
  RawFileBuilder,
  type RawFileId,
  rawKey,
  usOfNsText,
} from "@ssmd/archive";
import type { Turn } from "@ssmd/market";
import { Backoff, isRetryable, LIMITS, type Logger, messageOf, nowUs, sleep } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { Publisher, Transport } from "@ssmd/transport";
import type { GivenIds } from "./pipeline.ts";
import {
  type ConnectionCheckpoint,
  type Segment,
  type SegmentHeader,
  SegmentReader,
} from "./segment.ts";
import { isSegmentDeleted, removeSegment, segmentBytes } from "./segment_file.ts";

/** Options of {@linkcode RawFiles}. */
interface RawFilesOptions {
  env: string;
  feed: string;
  /** Shard of the symbols; absent = the feed has no shards. */
  shard?: string | undefined;
  storage: Storage;
  transport: Transport;
  publisher: Publisher;
  logger: Logger;
  /** Known turns of the feed, for the manifests; default none. */
  turns?: () => readonly Turn[];
  /** Time from which lines may be replayed, so their segments stay, µs; default none. */
  pinnedUs?: () => number;
  /** Called when a segment is lost: dropped over the spool's limit, or deleted by somebody. */
  onLost: () => void;
  /** Most bytes of closed segments; default {@linkcode LIMITS.spoolBytesMax}. */
  bytesMax?: number;
  /** Longest wait of `close` for storage, ms; default 10,000. */
  closeMsMax?: number;
}

/** A closed segment that is being archived. */
interface ClosedSegment {
  segment: Segment;
  /** Ids of the last messages published for its lines. */
  given: GivenIds;
  bytes: number;
  /** Whether its raw files are in storage. */
  written: boolean;
  /** Times of its first and last line, µs; set when it is written. */
  firstUs: number;
  lastUs: number;
}

const RELEASE_EVERY_MS = 5_000;
const RAW_LEVEL = 3;
/** Lines taken in one turn of the event loop: half a millisecond. */
const LINES_A_TURN = 256;
const CLOSE_MS_MAX = 10_000;

/**
 * Writes closed spool segments to storage, one raw file per connection, and deletes a segment once
 * its raw files are in the manifest and its records are safe: stored by a durable bus, or archived.
 * Segments are deleted oldest first, so that the rest of a run is always its end; recovery counts
 * its lines from there.
 */
export class RawFiles {
  #options: RawFilesOptions;
  #closed: ClosedSegment[] = [];
  #working: Promise<void> | undefined;
  #releaseTimer: ReturnType<typeof setTimeout> | undefined;
  #stopped = new AbortController();
  #problem = "";
  #isHeld = false;
  /** Time of the last write to storage, or of the start, in ms of `performance.now()`. */
  #writtenAtMs = performance.now();

  constructor(options: RawFilesOptions) {
    this.#options = options;
  }

  /** Why the last write to storage failed; "" = no problem. */
  get problem(): string {
    return this.#problem;
  }

  /** Time since the last write to storage, or since the start, ms. */
  get newestAgeMs(): number {
    return performance.now() - this.#writtenAtMs;
  }

  /** Returns whether a closed segment is in storage, or deleted. */
  isWritten({ path }: Segment): boolean {
    return this.#closed.find(({ segment }) => segment.path === path)?.written ?? true;
  }

  /** Adds a closed segment; it is written in the background. */
  add(segment: Segment, given: GivenIds): void {
    const bytes = segmentBytes(segment);
    this.#closed.push({ segment, given, bytes, written: false, firstUs: 0, lastUs: 0 });
    this.#limit();
    this.#working ??= this.#work();
  }

  /**
   * Deletes no segment from now on, until the run's end is noted: one of both must be there for the
   * next run, which could not know of its gap otherwise.
   */
  hold(): void {
    this.#isHeld = true;
  }

  /** Ends {@linkcode hold}. */
  letGo(): void {
    this.#isHeld = false;
  }

  /**
   * Writes closed segments and deletes what is safe. The rest, and what storage does not take in
   * time, is left to the next start.
   */
  async close(): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#releaseTimer);
    const { closeMsMax = CLOSE_MS_MAX, logger, storage } = this.#options;
    const late = new AbortController();
    const ended = new AbortController();
    const finished = this.#finish(late.signal).finally(() => ended.abort());
    await Promise.race([finished, sleep(closeMsMax, ended.signal)]);
    if (ended.signal.aborted) return await finished;
    late.abort();
    finished.catch((error) => logger.debug("gave up", { error }));
    logger.warn("storage did not take the raw files in time: the next start writes them", {
      waited_ms: closeMsMax,
      segments: this.#closed.length,
      storage: storage.location,
    });
  }

  async #finish(late: AbortSignal): Promise<void> {
    while (this.#working) await this.#working;
    await this.#writeAll(late);
    if (!late.aborted) await this.#tryRelease();
  }

  /** Writes segments in order and retries failed ones; while closing, only retryable failures. */
  async #writeAll(stopped: AbortSignal): Promise<void> {
    const backoff = new Backoff();
    for (;;) {
      const next = this.#closed.find((closed) => !closed.written);
      if (!next || stopped.aborted) return;
      const failure = await this.#tryWrite(next);
      if (failure === undefined) backoff.reset();
      else if (this.#stopped.signal.aborted && !isRetryable(failure.error)) return;
      else await sleep(backoff.nextMs(failure.error), stopped);
    }
  }

  async #work(): Promise<void> {
    await this.#writeAll(this.#stopped.signal);
    if (!this.#stopped.signal.aborted) await this.#tryRelease();
    this.#working = undefined;
    if (this.#closed.length > 0 && !this.#stopped.signal.aborted) {
      clearTimeout(this.#releaseTimer);
      this.#releaseTimer = setTimeout(() => this.#working ??= this.#work(), RELEASE_EVERY_MS);
    }
  }

  async #tryRelease(): Promise<void> {
    try {
      await this.#release();
    } catch (error) {
      this.#notRemoved(error);
    }
  }

  #notRemoved(error: unknown): void {
    this.#options.logger.error("a spool segment cannot be removed; it is tried again", {
      error,
      hint: "Make the folder of the spool writable for this user",
    });
  }

  /** Writes a segment; returns undefined on success. */
  async #tryWrite(closed: ClosedSegment): Promise<{ error: unknown } | undefined> {
    try {
      const reader = await SegmentReader.open(closed.segment);
      if (reader) {
        closed.firstUs = closed.lastUs = reader.header.openedUs;
        for (const { from, to } of await this.#write(reader)) {
          closed.firstUs = Math.min(closed.firstUs, usOfNsText(from));
          closed.lastUs = Math.max(closed.lastUs, usOfNsText(to));
        }
      }
      closed.written = true;
      this.#writtenAtMs = performance.now();
      this.#problem = "";
      return undefined;
    } catch (error) {
      if (isSegmentDeleted(closed.segment)) return this.#passOver(closed);
      this.#problem = `raw files cannot be written: ${messageOf(error)}`;
      this.#options.logger.error("raw files cannot be written; the spool keeps the frames", {
        segment: closed.segment.path,
        error,
        storage: this.#options.storage.location,
      });
      return { error };
    }
  }

  /** Later segments must not wait for one that somebody deleted. */
  #passOver(closed: ClosedSegment): undefined {
    if (!this.#closed.includes(closed)) return;
    closed.written = true;
    this.#problem = "";
    this.#options.onLost();
    this.#options.logger.error("a spool segment was deleted before its raw files were written", {
      segment: closed.segment.path,
      bytes: closed.bytes,
      hint: "Its frames are in no raw file; never delete the spool, it empties itself",
    });
  }

  async #write(reader: SegmentReader): Promise<ManifestFile[]> {
    const { env, feed, storage } = this.#options;
    const { header } = reader;
    const builders = await this.#build(reader);
    const day = dayOfUs(header.openedUs);
    const manifest = await openManifest(storage, { kind: "raw", env, feed, day });
    const files: ManifestFile[] = [];
    for (const checkpoint of header.connections) {
      const builder = builders.get(checkpoint.connectionIndex);
      if (builder) {
        files.push(await this.#put(header, checkpoint, { manifest, file: builder.finish() }));
      }
    }
    if (files.length === 0) return files;
    const software = header.connections[0]?.capture.software;
    const change = {
      files,
      turns: this.#options.turns?.() ?? [],
      positions: { [header.run]: formatFrameOffset({ frame: reader.lastLine, index: 0 }) },
      writtenBy: `${software?.version ?? "?"}+${software?.commit ?? "?"}`,
      nowUs: nowUs(),
    };
    // Another connector of the feed may write to the same manifest.
    await changeManifest(storage, manifest, { change: (there) => changedManifest(there, change) });
    return files;
  }

  /** Builds one file per connection that has lines; frames that come meanwhile do not wait for it. */
  async #build(reader: SegmentReader): Promise<Map<number, RawFileBuilder>> {
    const builders = new Map<number, RawFileBuilder>();
    for await (const lines of reader.batches()) {
      for (const [at, { connectionIndex, raw }] of lines.entries()) {
        if (at % LINES_A_TURN === 0) await nextTurn();
        let builder = builders.get(connectionIndex);
        if (!builder) {
          const checkpoint = reader.header.connections.find((known) =>
            known.connectionIndex === connectionIndex
          );
          if (!checkpoint) continue;
          builders.set(
            connectionIndex,
            builder = new RawFileBuilder(checkpoint.capture, RAW_LEVEL),
          );
        }
        builder.add(raw);
      }
    }
    return builders;
  }

  async #put(
    header: SegmentHeader,
    { capture }: ConnectionCheckpoint,
    { manifest, file }: { manifest: Manifest; file: RawFile },
  ): Promise<ManifestFile> {
    const { env, feed, shard, storage } = this.#options;
    const first = capture.linesBefore + 1;
    const fileId = { env, feed, atUs: header.openedUs, connection: capture.connection };
    const key = keyFor(fileId, first, manifest);
    await storage.put(key, file.stream());
    const count = file.counts.frames + file.counts.binary + file.counts.events;
    return {
      key,
      connection: capture.connection,
      run: header.run,
      ...(shard === undefined ? {} : { shard }),
      count,
      ...file.counts,
      clock: capture.clock,
      bytes: file.size,
      sha256: file.sha256,
      ...manifestTimes(file.firstUs, file.lastUs),
      sequence: { first, last: first + count - 1 },
    };
  }

  /** Deletes segments whose frames and records are safe, up to the first that is not. */
  async #release(): Promise<void> {
    for (let oldest = this.#closed[0]; oldest; oldest = this.#closed[0]) {
      const isPinned = oldest.lastUs >= (this.#options.pinnedUs?.() ?? Infinity);
      if (!oldest.written || isPinned || !await this.#isSafe(oldest) || this.#isHeld) return;
      // It may have been dropped meanwhile.
      if (this.#closed[0] !== oldest) continue;
      removeSegment(oldest.segment);
      this.#closed.shift();
    }
  }

  async #isSafe({ given, firstUs, lastUs }: ClosedSegment): Promise<boolean> {
    if (!this.#options.transport.durable) {
      const last = parsePosition(given.lastRecordId);
      return last === undefined || await this.#isArchived(last, firstUs, lastUs);
    }
    const last = parsePosition(given.lastId);
    const acknowledged = parsePosition(this.#options.publisher.acknowledgedId);
    return last === undefined ||
      acknowledged !== undefined && comparePositions(acknowledged, last) >= 0;
  }

  async #isArchived(last: Position, firstUs: number, lastUs: number): Promise<boolean> {
    const { storage, env, feed, logger } = this.#options;
    for (const day of new Set([dayOfUs(lastUs), dayOfUs(firstUs)])) {
      try {
        const manifest = await loadManifest(storage, { kind: "normalized", env, feed, day });
        const offset = manifest && lastOffsetOf(manifest.positions, last.run);
        if (offset && comparePositions({ run: last.run, ...offset }, last) >= 0) return true;
      } catch (error) {
        logger.warn("the archive's manifest cannot be read", { day, error: messageOf(error) });
      }
    }
    return false;
  }

  /** Drops the oldest segments over the limit; the newest frames matter most. */
  #limit(): void {
    let bytes = this.#closed.reduce((sum, closed) => sum + closed.bytes, 0);
    const { bytesMax = LIMITS.spoolBytesMax } = this.#options;
    while (bytes > bytesMax && this.#closed.length > 1) {
      const oldest = this.#closed[0] as ClosedSegment;
      try {
        removeSegment(oldest.segment);
      } catch (error) {
        return this.#notRemoved(error);
      }
      this.#closed.shift();
      bytes -= oldest.bytes;
      this.#options.onLost();
      this.#options.logger.error("the spool is over its limit: the oldest segment is given up", {
        segment: oldest.segment.path,
        bytes: oldest.bytes,
        hint: "Make storage reachable or give it room; until then the newest frames are kept",
      });
    }
  }
}

/**
 * Returns the key that already holds these lines (a segment written again), otherwise the minute's
 * first free key. A minute occurs twice after a clock setback; no file is overwritten.
 */
function keyFor(fileId: RawFileId, firstLine: number, manifest: Manifest): string {
  for (let part = 1;; part++) {
    const key = rawKey({ ...fileId, part });
    const known = manifest.files.find((file) => file.key === key);
    if (!known || known.sequence?.first === firstLine) return key;
  }
}
