/// <reference lib="dom" />
import type { Rest } from "../net/rest.ts";
import type { MarketRow } from "../state/market_row.ts";
import { type Candle, Candles, type GapSpan, type Interval } from "./candles.ts";

/** Intervals in a first answer, and in each earlier part. */
const PART = 400;
/** Intervals that are requested again, for late trades and full sums. */
const TAIL = 3;

interface CandleAnswer {
  candles: Candle[];
  gaps: GapSpan[];
  late_trades: number;
}

/** Candles of one market and length from REST. */
export class CandleSource {
  readonly candles: Candles;
  #rest: Rest;
  #row: MarketRow;
  #interval: Interval;
  #atStart = false;

  constructor(rest: Rest, row: MarketRow, interval: Interval) {
    this.#rest = rest;
    this.#row = row;
    this.#interval = interval;
    this.candles = new Candles(interval);
  }

  /** Reads the newest candles; gives false where there is no answer. */
  async load(): Promise<boolean> {
    let answer = await this.#ask(`limit=${PART}`);
    if (answer === undefined) return false;
    // A market that is replayed from a recording has times of long ago.
    if (answer.candles.length === 0 && answer.late_trades > 0) {
      this.candles.received = true;
      answer = await this.#ask(`limit=${PART}`);
    }
    if (answer === undefined) return false;
    this.candles.gaps = [];
    this.candles.take(answer.candles, answer.gaps);
    return true;
  }

  /** Reads the last candles again. */
  async refresh(): Promise<boolean> {
    const last = this.candles.list.at(-1);
    if (last === undefined) return await this.load();
    const from = last.start - TAIL * this.candles.intervalMs;
    const tooFar = Date.now() - from > PART * this.candles.intervalMs;
    const answer = await this.#ask(tooFar ? `limit=${PART}` : `from=${from}`);
    if (answer === undefined) return false;
    // What waits for the archive is told with bounds of the question: only whole answers count.
    const gaps = answer.gaps.filter(({ reason }) => reason !== "not_archived_yet");
    this.candles.take(answer.candles, gaps);
    return true;
  }

  /** Reads candles from before the first; false when there are none. */
  async loadOlder(): Promise<boolean> {
    const first = this.candles.list[0];
    if (first === undefined || this.#atStart) return false;
    const answer = await this.#ask(`limit=${PART}&to=${first.start}`);
    if (answer === undefined) return false;
    this.#atStart = answer.candles.length === 0;
    this.candles.takeOlder(answer.candles, answer.gaps);
    return !this.#atStart;
  }

  async #ask(span: string): Promise<CandleAnswer | undefined> {
    const { symbol, feed } = this.#row;
    const clock = this.candles.received ? "received" : "venue";
    const query = `interval=${this.#interval}&clock=${clock}&feed=${encodeURIComponent(feed)}`;
    const path = `/v1/markets/${encodeURIComponent(symbol)}/candles?${query}&${span}`;
    const answer = await this.#rest.get(path);
    return answer.ok ? answer.body as unknown as CandleAnswer : undefined;
  }
}
