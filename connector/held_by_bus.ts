import { comparePositions, parsePosition, type Position } from "@ssmd/archive";
import { escapeToken } from "@ssmd/market";
import { LIMITS } from "@ssmd/runtime";
import type { OutMessage, Transport } from "@ssmd/transport";

/** Messages read first; doubled while they do not suffice. */
const LOOK_BACK_MESSAGES = 2 * LIMITS.publishInFlightMax;

/** Messages of earlier runs' ends that the bus holds. */
interface HeldMessages {
  /** Last held message of the runs, in the order of runs. */
  newest: Position;
  /** Oldest held one; earlier ones may have expired. Undefined = nothing has expired. */
  oldest: Position | undefined;
  ids: ReadonlySet<string>;
}

/**
 * Reads the newest messages of some runs of a feed from the bus, at least as many as a publisher
 * may have in flight when there are so many. Returns undefined when it holds none. Rejects as the
 * transport does.
 */
export async function heldByBus(
  transport: Transport,
  { env, feed, runs }: { env: string; feed: string; runs: ReadonlySet<string> },
): Promise<HeldMessages | undefined> {
  if (!transport.durable || runs.size === 0) return undefined;
  const filters = [
    `${escapeToken(env)}.${escapeToken(feed)}.>`,
    `${escapeToken(env)}.dlq.connector`,
  ];
  const { firstSequence, lastSequence } = await transport.state();
  for (let count = LOOK_BACK_MESSAGES;; count *= 2) {
    const first = Math.max(firstSequence, lastSequence - count + 1);
    const isWhole = first === firstSequence;
    const ids = new Set<string>();
    const ends: { oldest?: Position; newest?: Position } = {};
    const from = { sequence: first };
    for await (const batch of transport.read({ filters, from, toSequence: lastSequence })) {
      for (const { id } of batch) {
        const position = parsePosition(id);
        if (position === undefined || !runs.has(position.run)) continue;
        ids.add(id);
        if (!ends.oldest || comparePositions(position, ends.oldest) < 0) ends.oldest = position;
        if (!ends.newest || comparePositions(position, ends.newest) > 0) ends.newest = position;
      }
    }
    if (!isWhole && ids.size < LIMITS.publishInFlightMax) continue;
    if (ends.newest === undefined) return undefined;
    const oldest = firstSequence === 1 && isWhole ? undefined : ends.oldest;
    return { newest: ends.newest, oldest, ids };
  }
}

/**
 * Drops messages that the bus holds when a run is replayed in order. A publisher has at most
 * `publishInFlightMax` unacknowledged messages, so anything further before the newest held one was
 * stored. Within that window each id is checked; a missing one was refused and is published as
 * late.
 */
export class HeldFilter {
  #held: HeldMessages | undefined;
  #publish: (message: OutMessage) => void;
  /** Messages up to the newest held one; undefined = known to be stored. */
  #unproven: (OutMessage | undefined)[] = [];
  #isPast: boolean;
  /** Earliest published message. */
  #first: Position | undefined;

  /** Publishes through `publish`; `held` undefined = the bus holds nothing. */
  constructor(held: HeldMessages | undefined, publish: (message: OutMessage) => void) {
    this.#held = held;
    this.#publish = publish;
    this.#isPast = held === undefined;
  }

  /** Takes the next message. */
  take(message: OutMessage): void {
    const held = this.#held;
    const position = parsePosition(message.id);
    if (held === undefined || position === undefined || this.#isPast) {
      return this.#give(message);
    }
    if (comparePositions(position, held.newest) > 0) {
      this.finish();
      return this.#give(message);
    }
    const isProven = held.ids.has(message.id) ||
      held.oldest !== undefined && comparePositions(position, held.oldest) < 0;
    this.#unproven.push(isProven ? undefined : message);
    if (this.#unproven.length > 2 * LIMITS.publishInFlightMax) {
      this.#unproven = this.#unproven.slice(-LIMITS.publishInFlightMax);
    }
  }

  /** Publishes messages not known to be stored; call it after the last one that may be held. */
  finish(): void {
    if (this.#isPast) return;
    this.#isPast = true;
    for (const message of this.#unproven.slice(-LIMITS.publishInFlightMax)) {
      if (message !== undefined) this.#give({ ...message, late: true });
    }
    this.#unproven = [];
  }

  /** Returns the number of lines of a run after `line` whose messages the bus holds. */
  linesBehind(run: string, line: number): number {
    const newest = this.#held?.newest;
    return newest?.run === run ? Math.max(0, newest.frame - line) : 0;
  }

  /** Returns whether a message equals or follows the first published one. */
  isBehind(id: string): boolean {
    const position = parsePosition(id);
    return this.#first !== undefined && position !== undefined &&
      comparePositions(position, this.#first) >= 0;
  }

  #give(message: OutMessage): void {
    const position = parsePosition(message.id);
    if (!this.#first || position && comparePositions(position, this.#first) < 0) {
      this.#first = position;
    }
    this.#publish(message);
  }
}
