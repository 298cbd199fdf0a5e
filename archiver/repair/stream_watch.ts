import type { BusPosition } from "@ssmd/archive";
import { sleep } from "@ssmd/runtime";
import type { InMessage, StreamState } from "@ssmd/transport";

/** Messages that left the bus before they came. */
export interface MissedMessages {
  /** How many messages of any kind at most; null = unknown. */
  missed: number | null;
  /** One sentence for a person. */
  why: string;
}

/** A message that did not follow the one before it. */
interface Jump<Mark> {
  expected: number;
  came: number;
  mark: Mark;
}

const JUMPS_MAX = 1_000;
/** Other components' messages make jumps, too: the bus is not asked for each. */
const CHECK_EVERY_MS = 50;

/** What a {@linkcode StreamWatch} asks and tells. */
interface StreamWatchOptions<Mark> {
  state: () => Promise<StreamState>;
  /** Gives a stream that lost its end another identity. */
  renew: (createdAtUs: number) => Promise<void>;
  /** Something may be missing behind what came by now; what is given back goes with the hole. */
  mark: () => Mark;
  onGap: (gap: MissedMessages, mark: Mark) => void;
  /** The bus cannot be asked now: a hole may stay untold until the next start. */
  onAway: (error: unknown) => void;
}

/** Compares what comes with the stream's identity, first and last sequence. */
export class StreamWatch<Mark> {
  #options: StreamWatchOptions<Mark>;
  #createdAtUs: number | undefined;
  #next = 0;
  #closed = false;
  #jumps: Jump<Mark>[] = [];
  #checking: Promise<void> | undefined;

  /** Nothing is known yet. */
  constructor(options: StreamWatchOptions<Mark>) {
    this.#options = options;
  }

  /** Ends checks that wait for the bus. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#checking;
  }

  /** When the stream was made that is read now, µs; undefined = not known. */
  get createdAtUs(): number | undefined {
    return this.#createdAtUs;
  }

  /**
   * Before the first message: `position` is how far the archive is, undefined = nowhere. Then all that has
   * left the stream is missing, and `markFirst` tells from where on.
   */
  async begin(
    position: BusPosition | undefined,
    markFirst: (createdAtUs: number) => Promise<Mark>,
  ): Promise<void> {
    let state = await this.#options.state();
    if (position?.createdAtUs === state.createdAtUs && state.lastSequence < position.sequence) {
      // It lost its end: what it counts from here on is something else.
      await this.#options.renew(state.createdAtUs);
      state = await this.#options.state();
    }
    this.#createdAtUs = state.createdAtUs;
    if (position === undefined) {
      const missed = state.firstSequence - 1;
      if (missed > 0) this.#left(missed, await markFirst(state.createdAtUs));
      return;
    }
    if (position.createdAtUs !== state.createdAtUs) return this.#isAnew(this.#options.mark());
    this.#next = position.sequence + 1;
    const missed = state.firstSequence - this.#next;
    if (missed <= 0) return;
    this.#left(missed, this.#options.mark());
    // The first message follows what is told by this: it is no second hole.
    this.#next = state.firstSequence;
  }

  /** A message comes; nothing but a comparison as long as they follow each other. */
  see({ streamSequence }: InMessage): void {
    const next = this.#next;
    this.#next = streamSequence + 1;
    if (streamSequence === next || this.#createdAtUs === undefined) return;
    // Beyond the limit a jump is taken for others' messages: those of the same moment tell a hole.
    if (this.#jumps.length >= JUMPS_MAX) return;
    this.#jumps.push({ expected: next, came: streamSequence, mark: this.#options.mark() });
    this.#checking ??= this.#check().finally(() => this.#checking = undefined);
  }

  /** Others' messages lie between, or some have left, or the stream is another one. */
  async #check(): Promise<void> {
    while (this.#jumps.length > 0 && !this.#closed) {
      const jumps = this.#jumps.splice(0);
      try {
        this.#judge(jumps, await this.#options.state());
      } catch (error) {
        this.#jumps.unshift(...jumps);
        this.#options.onAway(error);
      }
      await sleep(CHECK_EVERY_MS);
    }
  }

  #judge(jumps: readonly Jump<Mark>[], { createdAtUs, firstSequence }: StreamState): void {
    if (createdAtUs !== this.#createdAtUs) {
      this.#createdAtUs = createdAtUs;
      // The first one that went back is where the new stream began.
      const anew = jumps.find(({ expected, came }) => came < expected) ?? jumps[0];
      if (anew !== undefined) this.#isAnew(anew.mark);
      return;
    }
    for (const { expected, came, mark } of jumps) {
      const missed = Math.min(firstSequence, came) - expected;
      if (expected > 0 && missed > 0) this.#left(missed, mark);
    }
  }

  #left(missed: number, mark: Mark): void {
    const why = `${missed} messages left the bus, by its limits, before they were archived`;
    this.#options.onGap({ missed, why }, mark);
  }

  #isAnew(mark: Mark): void {
    const why = "the bus's stream was made anew: what the old one held was not archived to its end";
    this.#options.onGap({ missed: null, why }, mark);
  }
}
