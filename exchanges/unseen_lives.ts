import { ALL_SYMBOLS, type Gap, lostGap } from "@ssmd/market";

/** Period in which market lifecycle changes are unseen, with its reason; plain JSON. */
export interface UnseenSpan {
  fromUs: number;
  reason: "disconnect" | "planned";
}

/** Tracks lifecycle changes that may be missed, for venues that do not repeat them. */
export class UnseenLives {
  #feed: string;
  #since: UnseenSpan | null = null;

  /** Creates the tracker of `feed`, with nothing missed. */
  constructor(feed: string) {
    this.#feed = feed;
  }

  /** Start of the unseen period; null = changes are seen. */
  get since(): UnseenSpan | null {
    return this.#since;
  }

  /** Starts an unseen period on a disconnect, until `confirmed`. */
  disconnected({ fromUs, reason }: Gap): void {
    const isPlanned = reason === "planned" && this.#since?.reason !== "disconnect";
    this.#since = {
      fromUs: Math.min(fromUs, this.#since?.fromUs ?? fromUs),
      reason: isPlanned ? "planned" : "disconnect",
    };
  }

  /** Ends the unseen period; returns its gap, or none without one. */
  confirmed(atUs: number): Gap[] {
    if (this.#since === null) return [];
    const { fromUs, reason } = this.#since;
    this.#since = null;
    const detail = "Steps in the life of markets are not repeated by the venue.";
    return [lostGap({
      ...{ feed: this.#feed, symbol: ALL_SYMBOLS, channel: "status", reason },
      ...{ fromUs, atUs, missed: null, detail },
    })];
  }

  /** Takes over the period of an earlier run or state; ignores any other value. */
  carry(value: unknown): void {
    const { fromUs, reason } = (value ?? {}) as Partial<Record<keyof UnseenSpan, unknown>>;
    const isKnown = reason === "disconnect" || reason === "planned";
    if (Number.isSafeInteger(fromUs) && isKnown) this.#since = { fromUs: fromUs as number, reason };
  }

  /** Restores a state. */
  restore(since: UnseenSpan | null): void {
    this.#since = since;
  }
}
