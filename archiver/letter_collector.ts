import {
  countLetters,
  type Letter,
  LETTER_BYTES_MAX,
  letterOf,
  writeLetters,
} from "@ssmd/dataset/dead_letters";
import { escapeToken } from "@ssmd/market";
import { beginLasting, type Logger, sleep } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { Consumer, InMessage, StreamHole, StreamPosition, Transport } from "@ssmd/transport";
import { loadLetterPosition, saveLetterPosition } from "./letter_position.ts";

/** Most letters waiting to be written; beyond it delivery is paused. */
const WAITING_MAX = 1_000;
const FLUSH_MS = 1_000;
/** How often the position is saved while no letter comes. */
const POSITION_EVERY_MS = 600_000;
/** Longest wait of `close` for storage. */
const CLOSE_MS = 5_000;

/** Options of {@linkcode LetterCollector}. */
interface LetterCollectorOptions {
  env: string;
  transport: Transport;
  storage: Storage;
  /** Wall clock, µs. */
  nowUs: () => number;
  logger: Logger;
}

/** Stores the dead letters of all components of an environment, where `ssmd dlq` reads them. */
export class LetterCollector {
  #options: LetterCollectorOptions;
  #consumer: Consumer | undefined;
  #reading: { close(): Promise<void> } | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #noted = { sequence: 0, atMs: performance.now() };
  #waiting: Letter[] = [];
  #newest = 0;
  /** Bytes stored; undefined = not counted yet. */
  #bytes: number | undefined;
  #dropped = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: LetterCollectorOptions) {
    this.#options = options;
  }

  /**
   * Starts at the oldest letter not stored yet, retrying until bus and storage allow it. Failures
   * do not block the archiver.
   */
  async start(): Promise<void> {
    const { logger } = this.#options;
    this.#reading ??= await beginLasting(() => this.#begin(), {
      onFailed: (error, isFirst) => {
        if (isFirst) logger.error("dead letters are not kept yet; it is tried again", { error });
      },
    });
    this.#timer ??= setInterval(() => void this.#flush(), FLUSH_MS);
  }

  async #begin(): Promise<Consumer> {
    const { env, storage, transport } = this.#options;
    const position = transport.durable ? await loadLetterPosition(storage, env) : undefined;
    return this.#consumer = await transport.consume({
      ...{ name: "letters-main", filters: [`${escapeToken(env)}.dlq.>`], position },
      onMessage: (message) => this.#take(message),
      onHole: (hole) => this.#missed(hole),
    });
  }

  /** Adds a letter that reports missing letters. */
  #missed(hole: StreamHole): void {
    const { logger, nowUs } = this.#options;
    const reason = hole.type === "left"
      ? `dead letters may be missing: up to ${hole.missed} messages left the bus before they were read`
      : "dead letters may be missing: the bus's stream was made anew before it was read to its end";
    logger.error(reason);
    const { createdAtUs, sequence } = hole.stream;
    this.#waiting.push({
      ...{ id: `hole-${createdAtUs}-${sequence}`, component: "letters", feed: "", kind: "record" },
      ...{ reason, subject: "", received_us: nowUs(), bytes: 0, truncated: false, base64: "" },
    });
  }

  #take(message: InMessage): void {
    this.#newest = message.streamSequence;
    this.#waiting.push(letterOf(message, this.#options.nowUs()));
    if (this.#waiting.length < WAITING_MAX) return;
    this.#consumer?.pause();
    void this.#flush();
  }

  #flush(): Promise<void> {
    return this.#writing = this.#writing.then(() => this.#write());
  }

  /** Unwritten letters stay in memory and are not acknowledged. */
  async #write(): Promise<void> {
    const { env, storage, nowUs, logger } = this.#options;
    const letters = [...this.#waiting];
    const newest = this.#newest;
    if (letters.length === 0) return await this.#notePosition();
    try {
      this.#bytes ??= (await countLetters(storage, env)).bytes;
      if (this.#bytes < LETTER_BYTES_MAX) {
        await writeLetters(storage, env, { letters, nowUs: nowUs() });
        this.#bytes += letters.reduce((sum, { base64 }) => sum + base64.length, 0);
      } else this.#drop(letters.length);
      this.#waiting = this.#waiting.slice(letters.length);
      this.#consumer?.acknowledge(newest);
      this.#noted.atMs = -Infinity;
      await this.#notePosition();
      this.#consumer?.resume();
    } catch (error) {
      logger.error("dead letters cannot be kept; it is tried again", { error });
    }
  }

  /** Saves the position once all letters are stored, so that later losses can be reported. */
  async #notePosition(): Promise<void> {
    const { env, storage, transport, logger } = this.#options;
    const position: StreamPosition | undefined = this.#consumer?.position;
    const isDue = performance.now() - this.#noted.atMs > POSITION_EVERY_MS;
    if (!isDue || !transport.durable || position === undefined || this.#waiting.length > 0) return;
    if (position.sequence === this.#noted.sequence) return;
    try {
      await saveLetterPosition(storage, env, position);
      this.#noted = { sequence: position.sequence, atMs: performance.now() };
    } catch (error) {
      logger.debug("the place of dead letters is not noted", { error });
    }
  }

  #drop(count: number): void {
    // Count again: space may have been freed meanwhile.
    this.#bytes = undefined;
    if (this.#dropped === 0) {
      this.#options.logger.error("the dead letters are full: further ones are not kept", {
        bytes_max: LETTER_BYTES_MAX,
        hint: "ssmd dlq replay or ssmd dlq purge makes room; frames are in raw",
      });
    }
    this.#dropped += count;
  }

  /** Stores what was received, within a few seconds, and closes. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#noted.atMs = -Infinity;
    const written = new AbortController();
    // A storage without an answer must not block closing.
    await Promise.race([this.#flush(), sleep(CLOSE_MS, written.signal)]);
    written.abort();
    if (this.#waiting.length > 0) {
      this.#options.logger.error("dead letters were not kept before the end", {
        letters: this.#waiting.length,
      });
    }
    await this.#reading?.close();
  }
}
