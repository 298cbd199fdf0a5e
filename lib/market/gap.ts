import type { Gap, GapReason } from "./event.ts";

/** What is known when a gap opens. */
export interface GapNews {
  feed: string;
  /** Our name, or `_all`. */
  symbol: string;
  reason: GapReason;
  /** Last moment known to be good, µs. */
  fromUs: number;
  /** When it was noticed, µs. */
  atUs: number;
  /** Messages known to be missing; null = unknown. */
  missed: number | null;
  /** One sentence for a person. */
  detail: string;
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
    fromUs: news.fromUs,
    toUs: 0,
    missed: news.missed,
    recovered: false,
    detail: news.detail,
  };
}

/** The record of data that is lost for good between `fromUs` and `atUs`, while what follows is right. */
export function lostGap(news: GapNews): Gap {
  return { ...openGap(news), toUs: news.atUs };
}

/** The record that closes `gap`: all is right again from `atUs` on. */
export function recoveredGap(gap: Gap, atUs: number): Gap {
  return {
    ...gap,
    receivedAtUs: atUs,
    sequence: 0,
    toUs: atUs,
    recovered: true,
    detail: `Recovered after ${Math.round((atUs - gap.fromUs) / 1000)} ms: ${gap.detail}`,
  };
}
