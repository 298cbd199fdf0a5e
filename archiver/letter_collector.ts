import {
  countLetters,
  type Letter,
  LETTER_BYTES_MAX,
  letterOf,
  writeLetters,
} from "@ssmd/dataset/dead_letters";
import { escapeToken } from "@ssmd/market";
import { type Logger, sleep } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { Consumer, InMessage, Transport } from "@ssmd/transport";

/** Letters that wait for their file; at more the bus keeps the rest. */
const WAITING_MAX = 1_000;
const FLUSH_MS = 1_000;
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

/** Keeps the dead letters of all components of an environment in storage, where `ssmd dlq` reads them. */
export class LetterCollector {
  #options: LetterCollectorOptions;
  #consumer: Consumer | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #waiting: Letter[] = [];
  #newest = 0;
  /** Bytes that are kept; undefined = not counted yet. */
  #bytes: number | undefined;
  #dropped = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: LetterCollectorOptions) {
    this.#options = options;
  }

  /** Begins with the oldest letter that was not kept yet. A bus that refuses it holds nothing else up. */
  async start(): Promise<void> {
    const { env, transport, logger } = this.#options;
    try {
      this.#consumer = await transport.consume({
        ...{ name: "letters-main", filters: [`${escapeToken(env)}.dlq.>`] },
        onMessage: (message) => this.#take(message),
      });
      this.#timer = setInterval(() => void this.#flush(), FLUSH_MS);
    } catch (error) {
      logger.error("dead letters are not kept: the bus gives none", { error });
    }
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

  /** What cannot be written waits; it is not acknowledged. */
  async #write(): Promise<void> {
    const { env, storage, nowUs, logger } = this.#options;
    const letters = [...this.#waiting];
    const newest = this.#newest;
    if (letters.length === 0) return;
    try {
      this.#bytes ??= (await countLetters(storage, env)).bytes;
      if (this.#bytes < LETTER_BYTES_MAX) {
        await writeLetters(storage, env, { letters, nowUs: nowUs() });
        this.#bytes += letters.reduce((sum, { base64 }) => sum + base64.length, 0);
      } else this.#drop(letters.length);
      this.#waiting = this.#waiting.slice(letters.length);
      this.#consumer?.acknowledge(newest);
      this.#consumer?.resume();
    } catch (error) {
      logger.error("dead letters cannot be kept; it is tried again", { error });
    }
  }

  #drop(count: number): void {
    // Somebody may make room meanwhile.
    this.#bytes = undefined;
    if (this.#dropped === 0) {
      this.#options.logger.error("the dead letters are full: further ones are not kept", {
        bytes_max: LETTER_BYTES_MAX,
        hint: "ssmd dlq replay or ssmd dlq purge makes room; frames are in raw",
      });
    }
    this.#dropped += count;
  }

  /** Keeps what came, as far as storage takes it within a few seconds. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const written = new AbortController();
    // A storage that never answers must not keep us from closing.
    await Promise.race([this.#flush(), sleep(CLOSE_MS, written.signal)]);
    written.abort();
    if (this.#waiting.length > 0) {
      this.#options.logger.error("dead letters were not kept before the end", {
        letters: this.#waiting.length,
      });
    }
    await this.#consumer?.close();
  }
}
