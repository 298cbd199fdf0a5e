import { Backoff, type Logger, messageOf, sleep } from "@ssmd/runtime";
import type { PausableHandler } from "./handler.ts";
import type { InMessage, StreamHole, StreamPosition, StreamState } from "./transport.ts";

/** Options of {@linkcode HoleWatch}. */
interface HoleWatchOptions {
  /** Receives each message once nothing is known to be missing before it. */
  handler: PausableHandler;
  state: () => Promise<StreamState>;
  onHole: (hole: StreamHole) => void | Promise<void>;
  /** Called when no message is held any more. */
  onReleased: () => void;
  logger: Logger;
  /** A clock in ms; default `performance.now`. */
  now?: () => number;
}

/** Item held until the reason of a sequence jump is known. */
type Held =
  | { type: "message"; message: InMessage; expected: number }
  /** No matching message lies between `expected` and `sequence`. */
  | { type: "reached"; sequence: number; expected: number }
  | { type: "hole"; hole: StreamHole };

/** Other subjects cause jumps too, so stream state requests are rate-limited: one in so long. */
const ASK_EVERY_MS = 5;
/** Requests of so long may come at once: rare jumps do not wait. */
const BURST_MS = 100;
/** Pause after a request, as a multiple of its duration. */
const PAUSE_PER_ANSWER = 4;

/**
 * Detects lost messages by comparing deliveries with the stream's identity and first sequence. A
 * message after a sequence jump is held, and all after it, until the stream's state shows whether
 * the jump is other subjects or a loss.
 */
export class HoleWatch {
  #options: HoleWatchOptions;
  /** Next expected sequence; 0 = unknown. */
  #next = 0;
  /** Identity of the stream being delivered, µs; 0 = unknown. */
  #createdAtUs = 0;
  /** Position given to the handler. */
  #given: StreamPosition = { createdAtUs: 0, sequence: 0 };
  /** Undefined = messages are delivered directly. */
  #held: Held[] | undefined = [];
  #isReleasing = false;
  #now: () => number;
  /** When the stream may be asked again at an even rate, by the clock. */
  #evenlyMs = -Infinity;
  #ended = new AbortController();

  /** Holds all messages until {@linkcode begin}. */
  constructor(options: HoleWatchOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Whether messages are held. */
  get isHolding(): boolean {
    return this.#held !== undefined;
  }

  /** Position up to which all matching messages were delivered. */
  get position(): StreamPosition {
    const { createdAtUs, sequence } = this.#given;
    const waiting = this.#options.handler.waitingSequence;
    return { createdAtUs, sequence: waiting === undefined ? sequence : waiting - 1 };
  }

  /**
   * Starts delivery after the sequence `after`; `missing` was found by comparing the consumer's own
   * position with the stream. Resolves when it was reported.
   */
  async begin(stream: StreamState, after: number, missing: StreamHole | undefined): Promise<void> {
    const sequence = Math.max(after, stream.firstSequence - 1);
    this.#next = sequence + 1;
    this.#createdAtUs = stream.createdAtUs;
    if (missing !== undefined) await this.#tell(missing);
    this.#given = { createdAtUs: stream.createdAtUs, sequence };
    void this.#release();
  }

  /** Takes a message; consecutive ones only cost a comparison. */
  take(message: InMessage): void {
    const { streamSequence } = message;
    const expected = this.#next === streamSequence ? 0 : this.#next;
    this.#next = streamSequence + 1;
    if (expected === 0 && this.#held === undefined) return this.#give(message);
    this.#hold({ type: "message", message, expected });
  }

  /** Notes that no further message matches up to `sequence`. */
  reach(sequence: number): void {
    if (this.#next === 0 || sequence < this.#next) return;
    const expected = this.#next;
    this.#next = sequence + 1;
    this.#hold({ type: "reached", sequence, expected });
  }

  /** Switches to another stream, whose messages follow `stream.sequence`. */
  follow(stream: StreamPosition): void {
    this.#next = stream.sequence + 1;
    this.#createdAtUs = stream.createdAtUs;
    this.#hold({ type: "hole", hole: { type: "anew", stream } });
  }

  /** Stops delivery. */
  close(): void {
    this.#ended.abort();
  }

  #hold(held: Held): void {
    if (this.#held !== undefined) {
      this.#held.push(held);
      return;
    }
    this.#held = [held];
    if (!this.#isReleasing) void this.#release();
  }

  async #release(): Promise<void> {
    this.#isReleasing = true;
    while (this.#held !== undefined && !this.#ended.signal.aborted) {
      const held = this.#held;
      this.#held = [];
      const isJump = held.some((each) => each.type !== "hole" && each.expected > 0);
      const askedMs = this.#now();
      const state = isJump ? await this.#ask() : undefined;
      const tookMs = this.#now() - askedMs;
      for (const each of held) await this.#handOut(each, state);
      if (this.#held.length === 0) {
        this.#held = undefined;
        this.#options.onReleased();
      }
      const pauseMs = isJump ? this.#pauseMsAfter(tookMs) : 0;
      if (pauseMs > 0) await sleep(pauseMs, this.#ended.signal);
    }
    this.#isReleasing = false;
  }

  #pauseMsAfter(answerMs: number): number {
    const nowMs = this.#now();
    const shareMs = Math.max(ASK_EVERY_MS, PAUSE_PER_ANSWER * answerMs);
    this.#evenlyMs = Math.max(this.#evenlyMs, nowMs - BURST_MS) + shareMs;
    return Math.max(0, this.#evenlyMs - nowMs);
  }

  /** Requests the stream's state until it succeeds; undefined = closed. */
  async #ask(): Promise<StreamState | undefined> {
    const { state, logger } = this.#options;
    const backoff = new Backoff({ maxMs: 5_000 });
    while (!this.#ended.signal.aborted) {
      try {
        return await state();
      } catch (error) {
        if (backoff.tries === 0) {
          logger.warn("the bus cannot be asked whether messages left it: what comes waits", {
            error: messageOf(error),
          });
        }
        await sleep(backoff.nextMs(), this.#ended.signal);
      }
    }
    return undefined;
  }

  async #handOut(held: Held, state: StreamState | undefined): Promise<void> {
    if (held.type === "hole") return await this.#tell(held.hole);
    const came = held.type === "message" ? held.message.streamSequence : held.sequence + 1;
    if (held.expected > 0 && state !== undefined) {
      const hole = this.#judge(held.expected, came, state);
      if (hole !== undefined) await this.#tell(hole);
    }
    if (this.#ended.signal.aborted) return;
    if (held.type === "message") this.#give(held.message);
    else this.#given.sequence = held.sequence;
  }

  #judge(expected: number, came: number, state: StreamState): StreamHole | undefined {
    const { createdAtUs, firstSequence } = state;
    if (createdAtUs !== this.#createdAtUs) {
      this.#createdAtUs = createdAtUs;
      return { type: "anew", stream: { createdAtUs, sequence: came - 1 } };
    }
    const missed = Math.min(firstSequence, came) - expected;
    if (missed <= 0) return undefined;
    return { type: "left", missed, stream: { createdAtUs, sequence: expected + missed - 1 } };
  }

  #give(message: InMessage): void {
    this.#given.sequence = message.streamSequence;
    this.#options.handler.take(message);
  }

  async #tell(hole: StreamHole): Promise<void> {
    await this.#options.handler.untilHandedOut();
    if (this.#ended.signal.aborted) return;
    try {
      await this.#options.onHole(hole);
    } catch (error) {
      this.#options.logger.error("a hole of the stream was not dealt with", { error });
    }
    this.#given = { ...hole.stream };
  }
}

/** Returns what a consumer has lost after its own `position`; undefined = nothing. */
export function holeBehind(
  position: StreamPosition | "beginning" | undefined,
  { createdAtUs, firstSequence }: StreamState,
): StreamHole | undefined {
  if (position === undefined) return undefined;
  const stream = { createdAtUs, sequence: firstSequence - 1 };
  if (position !== "beginning" && position.createdAtUs !== createdAtUs) {
    return { type: "anew", stream };
  }
  const missed = firstSequence - 1 - (position === "beginning" ? 0 : position.sequence);
  return missed > 0 ? { type: "left", missed, stream } : undefined;
}

/** Returns whether a stream ends before `position`: it lost its end, as in a power cut. */
export function hasLostEnd(
  position: StreamPosition | "beginning" | undefined,
  { createdAtUs, lastSequence }: StreamState,
): boolean {
  return typeof position === "object" && position.createdAtUs === createdAtUs &&
    lastSequence < position.sequence;
}
