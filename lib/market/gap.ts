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

/** What is known when a gap opens. */
interface GapNews {
  /** The feed's id. */
  feed: string;
  /** Our name, or `_all`. */
  symbol: string;
  /** Why. */
  reason: GapReason;
  /** Last moment known to be good, µs. */
  fromUs: number;
  /** When it was noticed, µs. */
  atUs: number;
  /** Messages known to be missing; null = unknown. */
  missed: number | null;
  /** One sentence for a person. */
  detail: string;
  /** Which records of the symbol; default all. */
  channel?: GapChannel;
}

/** The record that says that something is missing from now on, still open. */
export function openGap(news: GapNews): Gap {
  return {
    type: "gap",
    timestampUs: 0,
    receivedAtUs: news.atUs,
    symbol: news.symbol,
    feed: news.feed,
    sequence: 0,
    reason: news.reason,
    // A clock that was set back may have timed the good moment later than the one of the notice.
    fromUs: Math.min(news.fromUs, news.atUs),
    toUs: 0,
    missed: news.missed,
    recovered: false,
    detail: news.detail,
    channel: news.channel ?? "all",
  };
}

/** The record of data that is lost for good between `fromUs` and `atUs`, while what follows is right. */
export function lostGap(news: GapNews): Gap {
  return { ...openGap(news), toUs: news.atUs };
}

/**
 * The record that closes `gap`: all is right again from `atUs` on. It names the same begin; where the
 * clock was set back behind that, the gap ends where it begins.
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

/** Why a connection gives nothing for a while. */
export interface Break {
  /** One sentence for a person. */
  why: string;
  /** Whether the process was stopped on purpose; default false. */
  planned?: boolean;
}

/** Whether plain JSON from elsewhere is a gap that is open. */
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

/** Whether a gap is of a connection that gave nothing of any type, whoever ended it. */
export function isBreak(
  { reason, symbol, channel }: { reason: string; symbol: string; channel: GapChannel },
): boolean {
  return symbol === ALL_SYMBOLS && channel === "all" &&
    (reason === "disconnect" || reason === "planned");
}

/** The gap of a broken connection: open on `_all` from the break until data comes again. */
export class DisconnectGap {
  #feed: string;
  #open: Gap | null = null;

  /** No gap of `feed` is open. */
  constructor(feed: string) {
    this.#feed = feed;
  }

  /**
   * The connection broke; a break before any data came goes on from the first one's start, and is
   * planned only if all of it is.
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

  /** Puts the recovery before the first market data after a break. */
  endWith(events: MarketEvent[], atUs: number): void {
    if (this.#open === null || !events.some(isMarketData)) return;
    events.unshift(recoveredGap(this.#open, atUs));
    this.#open = null;
  }

  /** The open gap as plain JSON; null = none. */
  state(): Gap | null {
    return this.#open;
  }

  /** Takes over an open gap. */
  restore(state: Gap | null): void {
    this.#open = state;
  }
}
