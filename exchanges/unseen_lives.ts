import { ALL_SYMBOLS, type Gap, lostGap } from "@ssmd/market";

/** Since when no step in the life of markets is seen, and why; plain JSON. */
export interface UnseenSpan {
  fromUs: number;
  reason: "disconnect" | "planned";
}

/** For venues that do not repeat steps in the life of markets: which may have been missed. */
export class UnseenLives {
  #feed: string;
  #since: UnseenSpan | null = null;

  /** Of `feed`, with every step seen. */
  constructor(feed: string) {
    this.#feed = feed;
  }

  /** Since when no step is seen; null = they are. */
  get since(): UnseenSpan | null {
    return this.#since;
  }

  /** The connection broke: steps are not seen until `confirmed`. */
  disconnected({ fromUs, reason }: Gap): void {
    const isPlanned = reason === "planned" && this.#since?.reason !== "disconnect";
    this.#since = {
      fromUs: Math.min(fromUs, this.#since?.fromUs ?? fromUs),
      reason: isPlanned ? "planned" : "disconnect",
    };
  }

  /** Steps are seen from now on. The gap says that those between are lost; none when nothing broke. */
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

  /** Takes over what an earlier run, or state, has of it; what is no such span changes nothing. */
  carry(value: unknown): void {
    const { fromUs, reason } = (value ?? {}) as Partial<Record<keyof UnseenSpan, unknown>>;
    const isKnown = reason === "disconnect" || reason === "planned";
    if (Number.isSafeInteger(fromUs) && isKnown) this.#since = { fromUs: fromUs as number, reason };
  }

  /** Takes over a state of our own. */
  restore(since: UnseenSpan | null): void {
    this.#since = since;
  }
}
