/** Channel of the order books. */
export const BOOK_CHANNEL = "orderbook_delta";

/** One subscription of a connection. */
export interface Subscription {
  channel: string;
  /** Last sequence seen; 0 = none yet. */
  seq: number;
  /** Time when it was seen, µs. */
  atUs: number;
}

/** Result of checking a sequence. */
export type Step =
  | { type: "next" }
  /** Same as the last one. */
  | { type: "repeated" }
  /** Below the last one, `from`: the subscription restarted without an acknowledgement. */
  | { type: "back"; from: number; fromUs: number }
  /** `missed` messages are missing between `from` and this one. */
  | { type: "hole"; missed: number; from: number; fromUs: number };

const NEXT: Step = { type: "next" };
const REPEATED: Step = { type: "repeated" };

/**
 * Sequences by subscription (`sid`). Every message with a sid and a seq counts, whatever its type:
 * snapshots, deltas, trades, ok, unsubscribed, error. Each sid starts at 1.
 */
export class Subscriptions {
  #bySid = new Map<number, Subscription>();
  #haveSeveral = new Set<string>();
  /** The one of the last message, and its sid. */
  #last: Subscription | undefined;
  #lastSid = NaN;

  /** Handles an acknowledgement: the sequence starts at 1, also if the sid was in use before. */
  begin(sid: number, channel: string, atUs: number): void {
    this.#bySid.set(sid, { channel, seq: 0, atUs });
    this.#count();
  }

  /** Removes a subscription. */
  end(sid: number): void {
    this.#bySid.delete(sid);
    this.#count();
  }

  /** Clears all on a disconnect: sids are valid for one connection only. */
  clear(): void {
    this.#bySid.clear();
    this.#count();
  }

  /** Stores a sequence if it follows the last one of its sid; else `step` is to be called. */
  follows(sid: number, seq: number, atUs: number): boolean {
    const known = sid === this.#lastSid ? this.#last : this.#find(sid);
    if (known === undefined || seq !== known.seq + 1) return false;
    known.seq = seq;
    known.atUs = atUs;
    return true;
  }

  #find(sid: number): Subscription | undefined {
    this.#lastSid = sid;
    return this.#last = this.#bySid.get(sid);
  }

  /** Checks and stores a sequence; call it before processing the message. */
  step(sid: number, seq: number, channel: string, atUs: number): Step {
    const known = this.#bySid.get(sid);
    if (known === undefined) {
      // Without an acknowledgement it is unknown what came before this message.
      this.#bySid.set(sid, { channel, seq, atUs });
      this.#count();
      return NEXT;
    }
    const from = known.seq;
    if (seq === from) return REPEATED;
    const fromUs = known.atUs;
    known.seq = seq;
    known.atUs = atUs;
    if (seq < from) return { type: "back", from, fromUs };
    return seq === from + 1 ? NEXT : { type: "hole", missed: seq - from - 1, from, fromUs };
  }

  /** Sids of a channel. */
  sidsOf(channel: string): number[] {
    return [...this.#bySid].flatMap(([sid, each]) => each.channel === channel ? [sid] : []);
  }

  /** Whether more than one subscription of a channel is open. */
  hasSeveral(channel: string): boolean {
    return this.#haveSeveral.has(channel);
  }

  /** Channel of a sid; "" when unknown. */
  channelOf(sid: number): string {
    return this.#bySid.get(sid)?.channel ?? "";
  }

  /** Last sequence of a sid; 0 when unknown. */
  seqOf(sid: number): number {
    return this.#bySid.get(sid)?.seq ?? 0;
  }

  state(): [number, Subscription][] {
    return [...this.#bySid];
  }

  /** Restores the subscriptions. */
  restore(state: readonly [number, Subscription][]): void {
    this.#bySid = new Map(state);
    this.#count();
  }

  /** Call it after each change of the subscriptions. */
  #count(): void {
    this.#last = undefined;
    this.#lastSid = NaN;
    const channels = [...this.#bySid.values()].map(({ channel }) => channel);
    this.#haveSeveral = new Set(channels.filter((each, i) => channels.indexOf(each) < i));
  }
}
