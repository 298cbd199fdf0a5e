/** The channel of the order books. */
export const BOOK_CHANNEL = "orderbook_delta";

/** One subscription of a connection. */
export interface Subscription {
  channel: string;
  /** Last number seen; -1 = joined in the middle, any number may come. */
  seq: number;
  /** When it was seen, µs. */
  atUs: number;
}

/** A step in the numbers of a subscription. */
export type Step =
  | { type: "next" }
  /** The last one once more. */
  | { type: "repeated" }
  /** Before the last one, `from`: the subscription began anew without a word of it. */
  | { type: "back"; from: number; fromUs: number }
  /** `missed` messages between `from` and this one. */
  | { type: "hole"; missed: number; from: number; fromUs: number };

const NEXT: Step = { type: "next" };
const REPEATED: Step = { type: "repeated" };

/**
 * Numbers of messages by subscription (`sid`). Every message that carries a sid and a seq counts,
 * whatever it is: snapshots, deltas, trades, ok, unsubscribed, error. Each sid starts at 1.
 */
export class Subscriptions {
  #bySid = new Map<number, Subscription>();

  /** A subscription was acknowledged: it starts at 1, also if the sid was in use before. */
  begin(sid: number, channel: string, atUs: number): void {
    this.#bySid.set(sid, { channel, seq: 0, atUs });
  }

  /** A subscription ended. */
  end(sid: number): void {
    this.#bySid.delete(sid);
  }

  /** The connection broke: sids mean nothing any more. */
  clear(): void {
    this.#bySid.clear();
  }

  /** Takes in a number; to be asked before the message changes anything. */
  step(sid: number, seq: number, channel: string, atUs: number): Step {
    const known = this.#bySid.get(sid);
    if (known === undefined) {
      // Without an acknowledgement there is no telling what came before this message.
      this.#bySid.set(sid, { channel, seq, atUs });
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

  /** The sids of a channel. */
  sidsOf(channel: string): number[] {
    return [...this.#bySid].flatMap(([sid, each]) => each.channel === channel ? [sid] : []);
  }

  /** The channel of a sid; "" when unknown. */
  channelOf(sid: number): string {
    return this.#bySid.get(sid)?.channel ?? "";
  }

  /** The last number of a sid; 0 when there is none. */
  seqOf(sid: number): number {
    return this.#bySid.get(sid)?.seq ?? 0;
  }

  /** Plain JSON. */
  state(): [number, Subscription][] {
    return [...this.#bySid];
  }

  /** Takes over subscriptions. */
  restore(state: readonly [number, Subscription][]): void {
    this.#bySid = new Map(state);
  }
}
