/// <reference lib="dom" />
import { gatewayNowMs } from "../clock.ts";
import type { Rest } from "../net/rest.ts";
import type { MarketRow } from "../state/market_row.ts";
import { type Candle, Candles, type GapSpan } from "./candles.ts";
import type { Interval } from "./intervals.ts";

/** Intervals requested first, and per earlier part. */
const PART = 400;
/** Intervals requested again, for late trades and complete sums. */
const TAIL = 3;

interface CandleAnswer {
  candles: Candle[];
  gaps: GapSpan[];
  late_trades: number;
}

/** Minutes searched for the start of a recording. */
const YOUNG_MINUTES = 60;
/** Minimum pause after which a recording counts as restarted, ms. */
const PAUSE_MS_MIN = 600_000;

/** Start of a market's recording within the last hour; undefined = earlier or unknown. */
export async function youngSince(
  rest: Rest,
  { symbol, feed }: MarketRow,
): Promise<{ ms: number; isAgain: boolean } | undefined> {
  const path = `/v1/markets/${encodeURIComponent(symbol)}`;
  const query = `feed=${encodeURIComponent(feed)}`;
  const answer = await rest.get(
    `${path}/candles?${query}&clock=received&interval=1m&limit=${YOUNG_MINUTES}`,
  );
  if (!answer.ok) return undefined;
  const { candles, gaps } = answer.body as unknown as CandleAnswer;
  const pause = gaps.findLast(({ from, to }) => to !== null && to - from > PAUSE_MS_MIN);
  if (pause?.to != null && pause.to > gatewayNowMs() - YOUNG_MINUTES * 60_000) {
    // Before an archive (or a gateway without one) started, no record is known to be missing.
    return { ms: pause.to, isAgain: !["not_archived_yet", "not_kept"].includes(pause.reason) };
  }
  const first = candles[0];
  if (first === undefined) return undefined;
  const oldest = await rest.get(`${path}/trades?${query}&order=asc&limit=1`);
  const trade = oldest.ok ? (oldest.body["trades"] as { recv_ts: number }[])[0] : undefined;
  // A market that rarely trades may have been recorded for long.
  if (trade === undefined || trade.recv_ts < first.start) return undefined;
  return gatewayNowMs() - trade.recv_ts < YOUNG_MINUTES * 60_000
    ? { ms: trade.recv_ts, isAgain: false }
    : undefined;
}

/** Candles of one market and interval from the REST API. */
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

  /** Loads the newest candles; returns false without an answer. */
  async load(): Promise<boolean> {
    let answer = await this.#ask(`limit=${PART}`);
    if (answer === undefined) return false;
    // A replayed recording has old venue times, so use receive times.
    if (answer.candles.length === 0 && answer.late_trades > 0) {
      this.candles.received = true;
      answer = await this.#ask(`limit=${PART}`);
    }
    if (answer === undefined) return false;
    this.candles.gaps = [];
    this.candles.take(answer.candles, answer.gaps);
    return true;
  }

  /** Reloads the last candles. */
  async refresh(): Promise<boolean> {
    const last = this.candles.list.at(-1);
    if (last === undefined) return await this.load();
    const from = last.start - TAIL * this.candles.intervalMs;
    const tooFar = gatewayNowMs() - from > PART * this.candles.intervalMs;
    const answer = await this.#ask(tooFar ? `limit=${PART}` : `from=${from}`);
    if (answer === undefined) return false;
    // Gaps not archived yet are reported with the query's bounds, so only a full load may set them.
    const gaps = answer.gaps.filter(({ reason }) => reason !== "not_archived_yet");
    this.candles.take(answer.candles, gaps);
    return true;
  }

  /** Loads candles before the first; returns false when there are none. */
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
