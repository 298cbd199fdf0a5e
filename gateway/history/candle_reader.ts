import { dayOfUs } from "@ssmd/archive";
import {
  BAR_LIMITS,
  type Candle,
  type CandleClock,
  Candles,
  isTooLate,
  timeOf,
} from "@ssmd/dataset/series";
import { nowUs } from "@ssmd/runtime";
import { GATEWAY_LIMITS } from "../limits.ts";
import type { Market } from "../state/market.ts";
import { CandleCache } from "./candle_cache.ts";
import type { GapSpan } from "./gap_span.ts";
import type { History } from "./history.ts";
import type { HistoryReader } from "./history_reader.ts";
import { LIVE_INTERVAL_US, wholeFrom } from "./live_candles.ts";

/** Query for candles; both ends are multiples of the interval. */
interface CandleQuery {
  market: Market;
  intervalUs: number;
  clock: CandleClock;
  fromUs: number;
  /** End, exclusive. */
  toUs: number;
}

/** Candles of a span. */
export interface CandleAnswer {
  /** Candles in order; intervals without trades have none. */
  candles: Candle[];
  /** Trades left out because they arrived too late. */
  lateTrades: number;
  /** End of the read span, a multiple of the interval; before `toUs` when reading took too long. */
  endUs: number;
  gaps: GapSpan[];
}

/** Part of a span that is read in one step. */
interface Chunk {
  fromUs: number;
  toUs: number;
  /** Cache key; absent = not cacheable, because records may follow. */
  key?: string;
}

interface Collected {
  parts: Candles;
  late: number;
  corruptions: GapSpan[];
}

const HOUR_US = 3_600_000_000;
const DAY_US = 24 * HOUR_US;

/**
 * Assembles candles: recent ones from the live candles, closed days and hours from a cache of
 * one-minute candles, the rest from trades in memory and archive.
 */
export class CandleReader {
  #history: History;
  #reader: HistoryReader;
  #cache = new CandleCache(GATEWAY_LIMITS.candlesCachedMax);

  constructor(history: History, reader: HistoryReader) {
    this.#history = history;
    this.#reader = reader;
  }

  /** Returns candles. Throws StorageError or ArchiveError when the archive cannot be read. */
  async candles(query: CandleQuery): Promise<CandleAnswer> {
    const { market, intervalUs, clock, fromUs } = query;
    const isByMinute = intervalUs % LIVE_INTERVAL_US === 0 && clock === "venue";
    const parts = new Candles(intervalUs);
    const collected: Collected = { parts, late: 0, corruptions: [] };
    const toUs = Math.min(query.toUs, nowUs() + DAY_US);
    const liveFromUs = isByMinute ? this.#mergeLive(query, collected) : Infinity;
    const collectToUs = Math.min(toUs, liveFromUs);
    const endUs = await this.#collect({ ...query, toUs: collectToUs, isByMinute }, collected);
    const until = endUs < collectToUs ? endUs : query.toUs;
    const border = (await this.#reader.gapsOf(market, fromUs, until))
      .filter(({ channel }) => channel === "all" || channel === "trade");
    return {
      candles: parts.between(fromUs, until),
      lateTrades: collected.late,
      endUs: until,
      gaps: [...border, ...collected.corruptions],
    };
  }

  /** Merges the live candles; returns the time from which they are complete, µs. */
  #mergeLive({ market, fromUs, toUs }: CandleQuery, { parts }: Collected): number {
    const live = this.#history.of(market)?.candles;
    const floorUs = live?.floorUs ?? wholeFrom(this.#history.floorOf(market.feed));
    const liveFromUs = Math.max(fromUs, floorUs);
    for (const part of live?.between(liveFromUs, toUs) ?? []) parts.merge(part);
    return liveFromUs;
  }

  /** Collects [query.fromUs, toUs); returns where it ended, a multiple of the interval. */
  async #collect(
    query: CandleQuery & { isByMinute: boolean },
    collected: Collected,
  ): Promise<number> {
    const { market, intervalUs, fromUs, toUs, isByMinute } = query;
    const started = performance.now();
    const chunks = isByMinute ? await this.#chunks(market, fromUs, toUs) : [{ fromUs, toUs }];
    for (const chunk of chunks) {
      await this.#read(query, chunk, collected);
      const doneUs = Math.floor(chunk.toUs / intervalUs) * intervalUs;
      const isLong = performance.now() - started > GATEWAY_LIMITS.candlesReadMs;
      if (isLong && doneUs > fromUs && chunk.toUs < toUs) return doneUs;
    }
    return toUs;
  }

  /** Returns the chunks of a span: closed days and hours are cacheable, unarchived days omitted. */
  async #chunks(market: Market, fromUs: number, toUs: number): Promise<Chunk[]> {
    const chunks: Chunk[] = [];
    if (fromUs >= toUs) return chunks;
    const { days, coveredUs } = await this.#reader.archived(market, fromUs, toUs);
    const closedUs = coveredUs - BAR_LIMITS.lateUs;
    const memoryDay = dayOfUs(Math.min(toUs, this.#reader.floorOf(market)));
    const version = new Map(days.map((day) => [day.day, day.version]));
    for (let us = fromUs; us < toUs;) {
      const dayUs = Math.floor(us / DAY_US) * DAY_US;
      const day = dayOfUs(us);
      const step = dayUs + DAY_US <= closedUs ? DAY_US : HOUR_US;
      const startUs = Math.floor(us / step) * step;
      const endUs = startUs + step;
      if (version.has(day) || day >= memoryDay) {
        const key = `${market.feed.id}/${market.symbol}/${version.get(day)}/${startUs}/${step}`;
        const chunk = { fromUs: us, toUs: Math.min(endUs, toUs) };
        const isOver = endUs <= closedUs && version.has(day);
        chunks.push(isOver ? { fromUs: startUs, toUs: endUs, key } : chunk);
      }
      us = endUs;
    }
    return chunks;
  }

  async #read(query: CandleQuery, chunk: Chunk, collected: Collected): Promise<void> {
    const known = chunk.key === undefined ? undefined : this.#cache.get(chunk.key);
    if (known !== undefined) {
      collected.late += known.late;
      mergeSpan(collected.parts, known.candles, query);
      return;
    }
    const { intervalUs } = query;
    const unit = chunk.key === undefined ? intervalUs : LIVE_INTERVAL_US;
    const own: Collected = { parts: new Candles(unit), late: 0, corruptions: [] };
    await this.#scan(query, chunk, own);
    collected.late += own.late;
    collected.corruptions.push(...own.corruptions);
    const candles = own.parts.between(chunk.fromUs - unit, chunk.toUs);
    mergeSpan(collected.parts, candles, query);
    if (chunk.key !== undefined && own.corruptions.length === 0) {
      this.#cache.set(chunk.key, { candles, late: own.late });
    }
  }

  async #scan(
    { market, clock }: CandleQuery,
    { fromUs, toUs }: Chunk,
    own: Collected,
  ): Promise<void> {
    const isByVenue = clock === "venue";
    const receivedFromUs = fromUs - (isByVenue ? BAR_LIMITS.earlyUs : 0);
    const receivedToUs = toUs + (isByVenue ? BAR_LIMITS.lateUs : 0);
    // Later records are searched for earlier trades.
    const span = {
      ...{ fromUs: Math.max(0, receivedFromUs), toUs: receivedToUs, leftOutFromUs: toUs },
    };
    for await (const batch of this.#reader.scanTrades(market, span, own.corruptions)) {
      for (const trade of batch) {
        const atUs = timeOf(trade, clock);
        if (isByVenue && isTooLate(trade, atUs)) {
          if (trade.receivedAtUs >= fromUs && trade.receivedAtUs < toUs) own.late++;
        } else if (atUs >= fromUs && atUs < toUs) own.parts.add(trade, atUs);
      }
    }
  }
}

function mergeSpan(
  parts: Candles,
  candles: readonly Candle[],
  { fromUs, toUs }: { fromUs: number; toUs: number },
): void {
  for (const candle of candles) {
    if (candle.startUs >= fromUs && candle.startUs < toUs) parts.merge(candle);
  }
}
