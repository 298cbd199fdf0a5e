import type { MarketEvent, OrderBookUpdate, Trade } from "@ssmd/market";
import { DAY_US } from "@ssmd/runtime";
import { type BookRow, BookSampler, type SampleOptions } from "./book_sampler.ts";
import { Candles, type Candles as CandleSet, figuresOf, isTooLate, timeOf } from "./candle.ts";
import { GapMarks, type MissingSpan } from "./gap_marks.ts";
import type { BarRow } from "./series.ts";

/** Reads a market's book updates of a span in receive order. */
type ReadUpdates = (
  symbol: string,
  fromUs: number,
  toUs: number,
) => AsyncIterable<readonly MarketEvent[]>;

type Batches = AsyncIterable<readonly MarketEvent[]>;

/** First step of the backward search for a snapshot. */
const FIRST_STEP_US = 600_000_000;
/** Limit of the search; without a snapshot the book is unknown. */
const LOOK_BACK_US = 31 * DAY_US;

/** Options of bars. */
interface BarOptions {
  everyUs: number;
  /** Bars that start in [fromUs, toUs). */
  fromUs: number;
  toUs: number;
  gaps: readonly MissingSpan[];
}

/**
 * Yields bars from trades grouped by symbol. By venue time, trades received from 5 s before the
 * span to 10 min after it may belong to it.
 */
export async function* barRows(
  trades: Batches,
  options: BarOptions,
): AsyncGenerator<BarRow[], void> {
  let last: Trade | undefined;
  let candles: CandleSet = new Candles(options.everyUs);
  for await (const batch of trades as AsyncIterable<readonly Trade[]>) {
    for (const trade of batch) {
      if (last !== undefined && last.symbol !== trade.symbol) {
        yield rowsOf(candles, last, options);
        candles = new Candles(options.everyUs);
      }
      last = trade;
      const atUs = timeOf(trade, "venue");
      if (!isTooLate(trade, atUs)) candles.add(trade, atUs);
    }
  }
  if (last !== undefined) yield rowsOf(candles, last, options);
}

function rowsOf(
  candles: CandleSet,
  { symbol, feed }: Trade,
  { everyUs, fromUs, toUs, gaps }: BarOptions,
): BarRow[] {
  const marks = new GapMarks(gaps, symbol, "trade");
  return candles.between(fromUs, toUs).map((candle) => {
    const { startUs } = candle;
    const gap = marks.touches(startUs, startUs + everyUs);
    return { symbol, feed, startUs, ...figuresOf(candle), gap };
  });
}

/** Yields rows of books from updates grouped by symbol; see {@linkcode BookSampler}. */
export async function* bookRows(
  updates: Batches,
  options: Omit<SampleOptions, "symbol">,
  before: ReadUpdates,
): AsyncGenerator<BookRow[], void> {
  let symbol: string | undefined;
  let sampler: BookSampler | undefined;
  for await (const batch of updates as AsyncIterable<readonly OrderBookUpdate[]>) {
    const rows: BookRow[] = [];
    for (const update of batch) {
      if (sampler === undefined || update.symbol !== symbol) {
        if (sampler !== undefined) rows.push(...sampler.end());
        symbol = update.symbol;
        sampler = new BookSampler({ ...options, symbol });
        if (update.kind === "delta") {
          // No row is due before the span.
          const started = { symbol, fromUs: options.fromUs };
          for await (const old of updatesBefore(started, before)) sampler.take(old).next();
        }
      }
      for (const row of sampler.take(update)) rows.push(row);
    }
    if (rows.length > 0) yield rows;
  }
  if (sampler !== undefined) yield [...sampler.end()];
}

/** Reads the updates from the last snapshot to the start of a span. */
async function* updatesBefore(
  { symbol, fromUs }: { symbol: string; fromUs: number },
  read: ReadUpdates,
): AsyncGenerator<OrderBookUpdate, void> {
  const snapshotUs = await lastSnapshot(symbol, fromUs, read);
  if (snapshotUs === undefined) return;
  for await (const batch of read(symbol, snapshotUs, fromUs)) {
    yield* batch as readonly OrderBookUpdate[];
  }
}

/** Returns the receive time of the last snapshot before a time, µs; undefined when not found. */
async function lastSnapshot(
  symbol: string,
  beforeUs: number,
  read: ReadUpdates,
): Promise<number | undefined> {
  const floorUs = Math.max(0, beforeUs - LOOK_BACK_US);
  for (
    let endUs = beforeUs, step = FIRST_STEP_US;
    endUs > floorUs;
    step = Math.min(step * 6, DAY_US)
  ) {
    const startUs = Math.max(floorUs, endUs - step);
    let found: number | undefined;
    for await (const batch of read(symbol, startUs, endUs)) {
      for (const update of batch as readonly OrderBookUpdate[]) {
        if (update.kind === "snapshot") found = update.receivedAtUs;
      }
    }
    if (found !== undefined) return found;
    endUs = startUs;
  }
  return undefined;
}
