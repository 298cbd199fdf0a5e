import type { Gap, GapChannel } from "@ssmd/market";

/** Open gaps of a market or a feed: one per channel, and one for the clock. */
export class OpenGaps {
  #open = new Map<GapChannel | "clock", Gap>();

  /** Opens, updates or closes the gap of the record's channel. */
  take(gap: Gap): void {
    const key = gap.reason === "clock" ? "clock" : gap.channel;
    if (isOpen(gap)) this.#open.set(key, gap);
    else if (gap.recovered) this.#open.delete(key);
  }

  /** Closes the gaps of the book after a snapshot. */
  endBook(): void {
    this.#open.delete("all");
    this.#open.delete("orderbook");
  }

  /** Open gap in which status changes may be missed. */
  get ofStatus(): Gap | undefined {
    return this.#open.get("all") ?? this.#open.get("status");
  }

  /** Most severe open gap: of all records, the book, other records, the clock. */
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

/** Whether the gap has ended with status changes lost. */
export function losesSteps(gap: Gap): boolean {
  return gap.channel === "status" && !gap.recovered && gap.toUs > 0;
}

/** Whether the gap invalidates books; a suspect clock or missing trades do not. */
export function isAboutBook(gap: Gap): boolean {
  return gap.reason !== "clock" && (gap.channel === "all" || gap.channel === "orderbook");
}
