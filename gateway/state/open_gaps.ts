import type { Gap, GapChannel } from "@ssmd/market";

/** The gaps of a market or a feed that are open now: one a channel, and one of the clock. */
export class OpenGaps {
  #open = new Map<GapChannel | "clock", Gap>();

  /** Opens, updates or closes the gap of the record's channel. */
  take(gap: Gap): void {
    const key = gap.reason === "clock" ? "clock" : gap.channel;
    if (isOpen(gap)) this.#open.set(key, gap);
    else if (gap.recovered) this.#open.delete(key);
  }

  /** A snapshot came: the book is right again. */
  endBook(): void {
    this.#open.delete("all");
    this.#open.delete("orderbook");
  }

  /** The gap in which steps of a life may be missed. */
  get ofStatus(): Gap | undefined {
    return this.#open.get("all") ?? this.#open.get("status");
  }

  /** The gap that weighs most: of everything, of the book, of other records, of the clock. */
  get worst(): Gap | undefined {
    for (const key of WORST_FIRST) {
      const gap = this.#open.get(key);
      if (gap !== undefined) return gap;
    }
    return undefined;
  }
}

const WORST_FIRST = ["all", "orderbook", "trade", "ticker", "status", "clock"] as const;

/** Whether a gap is open. */
export function isOpen(gap: Gap): boolean {
  return !gap.recovered && gap.toUs === 0;
}

/** Whether steps of a life are lost for good in it. */
export function losesSteps(gap: Gap): boolean {
  return gap.channel === "status" && !gap.recovered && gap.toUs > 0;
}

/** Whether a book cannot be trusted after it: a suspect clock and missing trades leave it alone. */
export function isAboutBook(gap: Gap): boolean {
  return gap.reason !== "clock" && (gap.channel === "all" || gap.channel === "orderbook");
}
