import {
  ALL_SYMBOLS,
  type Gap,
  GAP_CHANNELS,
  GAP_REASONS,
  type GapChannel,
  type GapReason,
  isMarketData,
  type MarketEvent,
} from "./event.ts";

/** Data of a new gap. */
interface GapNews {
  /** Feed id. */
  feed: string;
  /** Our symbol, or `_all`. */
  symbol: string;
  /** Cause of the gap. */
  reason: GapReason;
  /** Last moment known to be complete, µs. */
  fromUs: number;
  /** Time of detection, µs. */
  atUs: number;
  /** Messages known to be missing; null = unknown. */
  missed: number | null;
  /** One sentence for people. */
  detail: string;
  /** Affected record type; default: all. */
  channel?: GapChannel;
}

/** Returns the record that opens a gap. */
export function openGap(news: GapNews): Gap {
  return {
    type: "gap",
    timestampUs: 0,
    receivedAtUs: news.atUs,
    symbol: news.symbol,
    feed: news.feed,
    sequence: 0,
    reason: news.reason,
    // After the clock was set back, the last complete moment may be later than the detection.
    fromUs: Math.min(news.fromUs, news.atUs),
    toUs: 0,
    missed: news.missed,
    recovered: false,
    detail: news.detail,
    channel: news.channel ?? "all",
  };
}

/** Returns the record of data lost for good between `fromUs` and `atUs`; later data is complete. */
export function lostGap(news: GapNews): Gap {
  return { ...openGap(news), toUs: news.atUs };
}

/**
 * Returns the record that closes `gap` at `atUs`. It has the same start; if the clock was set back
 * before that, the gap ends where it starts.
 */
export function recoveredGap(gap: Gap, atUs: number): Gap {
  const toUs = Math.max(atUs, gap.fromUs);
  return {
    ...gap,
    receivedAtUs: atUs,
    sequence: 0,
    toUs,
    recovered: true,
    detail: `Recovered after ${Math.round((toUs - gap.fromUs) / 1000)} ms: ${gap.detail}`,
  };
}

/** Interruption of a connection. */
export interface Break {
  /** One sentence for people. */
  why: string;
  /** Whether the process was stopped on purpose; default: false. */
  planned?: boolean;
}

/** Returns whether untrusted plain JSON is an open gap. */
export function isOpenGap(value: unknown): value is Gap {
  if (typeof value !== "object" || value === null) return false;
  const gap = value as Partial<Record<keyof Gap, unknown>>;
  return gap.type === "gap" && typeof gap.symbol === "string" && typeof gap.feed === "string" &&
    GAP_REASONS.some((reason) => reason === gap.reason) &&
    GAP_CHANNELS.some((channel) => channel === gap.channel) &&
    Number.isSafeInteger(gap.fromUs) && Number.isSafeInteger(gap.receivedAtUs) &&
    (gap.missed === null || Number.isSafeInteger(gap.missed)) && gap.recovered === false &&
    typeof gap.detail === "string";
}

/** Returns whether a gap means that a connection delivered nothing at all. */
export function isBreak(
  { reason, symbol, channel }: { reason: string; symbol: string; channel: GapChannel },
): boolean {
  return symbol === ALL_SYMBOLS && channel === "all" &&
    (reason === "disconnect" || reason === "planned");
}

/** Gap of a broken connection, on `_all`, from the break until data arrives again. */
export class DisconnectGap {
  #feed: string;
  #open: Gap | null = null;

  /** Starts without an open gap. */
  constructor(feed: string) {
    this.#feed = feed;
  }

  /**
   * Opens the gap. A further break before any data keeps the first start; the gap is planned only
   * if every break is.
   */
  begin(lastGoodUs: number, atUs: number, { why, planned = false }: Break): Gap {
    const isPlanned = planned && (this.#open === null || this.#open.reason === "planned");
    this.#open = openGap({
      feed: this.#feed,
      symbol: ALL_SYMBOLS,
      reason: isPlanned ? "planned" : "disconnect",
      fromUs: this.#open?.fromUs ?? lastGoodUs,
      atUs,
      missed: null,
      detail: why,
    });
    return { ...this.#open };
  }

  /** Prepends the recovery to the first market data after a break; returns whether it did. */
  endWith(events: MarketEvent[], atUs: number): boolean {
    if (this.#open === null || !events.some(isMarketData)) return false;
    events.unshift(recoveredGap(this.#open, atUs));
    this.#open = null;
    return true;
  }

  /** The open gap as plain JSON; null = none. */
  state(): Gap | null {
    return this.#open;
  }

  /** Restores an open gap. */
  restore(state: Gap | null): void {
    this.#open = state;
  }
}
