import { comparePositions, parsePosition } from "@ssmd/archive";
import { encodeWatermark } from "@ssmd/codec";
import { type FeedShard, watermarkSubject } from "@ssmd/market";
import { sleep } from "@ssmd/runtime";
import type { Publisher } from "@ssmd/transport";

/** Time between two watermarks. */
const WATERMARK_MS = 100;
/** Longest wait for the last watermark's acknowledgement. */
const FLUSH_MS_MAX = 1_000;

/** Options of {@linkcode Watermarks}. */
interface WatermarksOptions {
  env: string;
  feed: string;
  /** Shard of the symbols; absent = the feed has no shards. */
  shard?: FeedShard | undefined;
  /** Its own publisher: records wait for no watermark, and their ids stay consecutive. */
  publisher: Publisher;
  /** Time before which no further line comes, µs; 0 = unknown yet. */
  timeUs: () => number;
  /** Whether this run publishes the feed's records. */
  isTelling: () => boolean;
  /** Lines received so far over all connections, and how many of them were processed. */
  lines: () => { received: number; processed: number };
  /** Id of the last message published by the pipeline; "" = none. */
  lastId: () => string;
  /** Newest id up to which the bus has all messages, and whether it has all. */
  stored: () => { id: string; all: boolean };
}

/** Candidate watermark; true once the bus holds all lines up to `line`. */
interface Mark {
  timeUs: number;
  line: number;
  /** Last message of these lines; undefined = not processed yet. */
  lastId: string | undefined;
}

/**
 * Publishes watermarks: all records of the feed before a time are on the bus. A time is published
 * only when its lines are durable and translated and their messages acknowledged; the line clock,
 * shared by all connections, does not go back behind it.
 */
export class Watermarks {
  #options: WatermarksOptions;
  #mark: Mark | undefined;
  #publishedUs = 0;
  #isFinished = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: WatermarksOptions) {
    this.#options = options;
  }

  /** Starts; records of earlier runs must have been queued before. */
  start(): void {
    this.#timer = setInterval(() => this.tick(), WATERMARK_MS);
  }

  /** Publishes the last watermark after the last line, then closes. */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    this.#mark = undefined;
    this.tick();
    this.#mark = undefined;
    // A timer may fire once more after it was cleared.
    this.#isFinished = true;
    const { publisher } = this.#options;
    const flushDone = new AbortController();
    const flush = publisher.flush().finally(() => flushDone.abort());
    if (publisher.pending > 0) await Promise.race([flush, sleep(FLUSH_MS_MAX, flushDone.signal)]);
    await publisher.close();
  }

  /** Starts the next candidate. */
  tick(): void {
    this.look();
    if (this.#mark !== undefined || this.#isFinished) return;
    const timeUs = this.#options.timeUs();
    if (timeUs <= this.#publishedUs) return;
    this.#mark = { timeUs, line: this.#options.lines().received, lastId: undefined };
    this.look();
  }

  /** Called when the bus has stored a message. */
  onStored(id: string): void {
    if (id === this.#mark?.lastId) this.look();
  }

  /** Publishes the candidate once it is true. */
  look(): void {
    const mark = this.#mark;
    const { isTelling, lines, lastId } = this.#options;
    if (mark === undefined) return;
    if (!isTelling()) {
      this.#mark = undefined;
      return;
    }
    if (mark.lastId === undefined && lines().processed >= mark.line) mark.lastId = lastId();
    if (mark.lastId === undefined || !this.#isStored(mark.lastId)) return;
    this.#mark = undefined;
    this.#tell(mark.timeUs);
  }

  #isStored(lastId: string): boolean {
    const stored = this.#options.stored();
    if (stored.all) return true;
    const [there, last] = [parsePosition(stored.id), parsePosition(lastId)];
    return there !== undefined && last !== undefined && comparePositions(there, last) >= 0;
  }

  /** Skips watermarks while the bus is away, so that it gets one when it is back. */
  #tell(timeUs: number): void {
    const { env, feed, shard, publisher } = this.#options;
    if (publisher.full || publisher.pending > 0) return;
    this.#publishedUs = timeUs;
    publisher.publish({
      subject: watermarkSubject(env, feed),
      payload: encodeWatermark({ feed, timeUs, ...(shard && { shard }) }),
      // Shards may publish the same time, and the client stream deduplicates ids.
      id: `watermark:${feed}${shard ? `:${shard.name}` : ""}:${timeUs}`,
    });
  }
}
