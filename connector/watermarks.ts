import { comparePositions, parsePosition } from "@ssmd/archive";
import { encodeWatermark } from "@ssmd/codec";
import { type FeedShard, watermarkSubject } from "@ssmd/market";
import { sleep } from "@ssmd/runtime";
import type { Publisher } from "@ssmd/transport";

/** Time between two watermarks. */
const WATERMARK_MS = 100;
/** Longest wait for the bus to take the last one. */
const FLUSH_MS_MAX = 1_000;

/** Options of {@linkcode Watermarks}. */
interface WatermarksOptions {
  env: string;
  feed: string;
  /** Whose symbols they are of; absent = the feed has no shards. */
  shard?: FeedShard | undefined;
  /** Of their own: records wait for no watermark, and ids of records stay in a row. */
  publisher: Publisher;
  /** Before which time no line will come any more, µs; 0 = not known yet. */
  timeUs: () => number;
  /** Whether the records of the feed are this run's. */
  isTelling: () => boolean;
  /** Lines received by now, over all connections, and how many of these have gone through the pipeline. */
  lines: () => { received: number; processed: number };
  /** Id of the last message that the pipeline has given; "" = none. */
  lastId: () => string;
  /** What the bus has of the messages given: the newest id below which it has all, and whether it has all. */
  stored: () => { id: string; all: boolean };
}

/** A time that becomes a watermark when the bus holds all lines up to `line`. */
interface Mark {
  timeUs: number;
  line: number;
  /** The last message of these lines; undefined = they are not through the pipeline. */
  lastId: string | undefined;
}

/**
 * Tells who reads a feed that all its records from before a time are on the bus. Nothing is promised
 * that is on its way: the lines up to then are durable and translated, their messages acknowledged,
 * and the clock of the lines, which all connections share, does not go back behind it.
 */
export class Watermarks {
  #options: WatermarksOptions;
  #mark: Mark | undefined;
  #publishedUs = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Tells nothing before `start`. */
  constructor(options: WatermarksOptions) {
    this.#options = options;
  }

  /** Begins; what earlier runs left has been given to the bus before. */
  start(): void {
    this.#timer = setInterval(() => this.tick(), WATERMARK_MS);
  }

  /** No line comes any more, and the bus has what it takes: tells the last time, then ends. */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    this.#mark = undefined;
    this.tick();
    this.#mark = undefined;
    const { publisher } = this.#options;
    const flushDone = new AbortController();
    const flush = publisher.flush().finally(() => flushDone.abort());
    if (publisher.pending > 0) await Promise.race([flush, sleep(FLUSH_MS_MAX, flushDone.signal)]);
    await publisher.close();
  }

  /** Time went on. */
  tick(): void {
    this.look();
    if (this.#mark !== undefined) return;
    const timeUs = this.#options.timeUs();
    if (timeUs <= this.#publishedUs) return;
    this.#mark = { timeUs, line: this.#options.lines().received, lastId: undefined };
    this.look();
  }

  /** A message was stored. */
  onStored(id: string): void {
    if (id === this.#mark?.lastId) this.look();
  }

  /** Tells the time that is being waited for when it is true. */
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

  /** A bus that is away gets one of them when it is back, not all. */
  #tell(timeUs: number): void {
    const { env, feed, shard, publisher } = this.#options;
    if (publisher.full || publisher.pending > 0) return;
    this.#publishedUs = timeUs;
    publisher.publish({
      subject: watermarkSubject(env, feed),
      payload: encodeWatermark({ feed, timeUs, ...(shard && { shard }) }),
      // Two shards may say the same time, and the client stream takes an id once.
      id: `watermark:${feed}${shard ? `:${shard.name}` : ""}:${timeUs}`,
    });
  }
}
