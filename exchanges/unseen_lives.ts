import { ALL_SYMBOLS, type Gap, lostGap } from "@ssmd/market";
import type { MarketMemory } from "./venue_normalizer.ts";

/** Period in which market lifecycle changes are unseen, with its reason; plain JSON. */
export interface UnseenSpan {
  fromUs: number;
  reason: "disconnect" | "planned";
}

/** Tracks lifecycle changes that may be missed, for venues that do not repeat them. */
class UnseenLives {
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

  /** Takes over the period of an earlier run; ignores any other value. */
  carry(value: unknown): void {
    const { fromUs, reason } = (value ?? {}) as Partial<Record<keyof UnseenSpan, unknown>>;
    const isKnown = reason === "disconnect" || reason === "planned";
    if (Number.isSafeInteger(fromUs) && isKnown) this.#since = { fromUs: fromUs as number, reason };
  }

  /** Restores a state, also of a version that had none. */
  restore(since: unknown): void {
    this.#since = null;
    this.carry(since);
  }
}

/** Carried state of market lifecycles: a value per market, and for the feed the unseen period. */
export class LifecycleMemory implements MarketMemory {
  /** Tracks lifecycle changes that may have been missed. */
  readonly unseen: UnseenLives;
  /** By the venue's symbol. */
  protected values: Map<string, string> = new Map();
  #name: string;

  /** `name` is the value's field in the carried state of a market. */
  constructor(feed: string, name: string) {
    this.unseen = new UnseenLives(feed);
    this.#name = name;
  }

  externals(): string[] {
    return [...this.values.keys(), ...(this.unseen.since === null ? [] : [""])];
  }

  carried(external: string): Record<string, unknown> {
    if (external === "") return this.unseen.since === null ? {} : { unseen: this.unseen.since };
    const value = this.values.get(external);
    return value === undefined ? {} : { [this.#name]: value };
  }

  carry(external: string, memory: Readonly<Record<string, unknown>>): void {
    const value = memory[this.#name];
    if (external === "") this.unseen.carry(memory["unseen"]);
    else if (typeof value === "string") this.values.set(external, value);
  }
}
