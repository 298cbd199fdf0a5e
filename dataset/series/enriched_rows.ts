import { enrichChain, EnrichedMarket, type EnrichedRow } from "@ssmd/enrich";
import { ALL_SYMBOLS, type Gap, type MarketEvent, openGap } from "@ssmd/market";
import type { Enrichment } from "@ssmd/metadata";
import { DAY_US } from "@ssmd/runtime";
import type { MissingSpan } from "./gap_marks.ts";

type Batches = AsyncIterable<readonly MarketEvent[]>;

/** Input of enriched rows: records from {@linkcode enrichedFromUs} to the end of the span. */
interface EnrichedOptions {
  feed: string;
  enrichment: Enrichment;
  /** Rows within [fromUs, toUs). */
  fromUs: number;
  toUs: number;
  /** All gaps of the feed, to find those open at the start of reading. */
  missing: readonly MissingSpan[];
  /** Updates and trades, each by symbol and time. */
  updates: Batches;
  trades: Batches;
  /** Gaps by time. */
  gaps: readonly Gap[];
  /** Reads updates and gaps of another feed's market, by time, from the same start. */
  readOther(market: { feed: string; symbol: string }): Batches;
}

/** Returns where reading starts for rows from `fromUs`: the day's start minus the look-back. */
export function enrichedFromUs({ chain }: Enrichment, fromUs: number): number {
  return Math.max(0, Math.floor(fromUs / DAY_US) * DAY_US - chain.lookBackUs);
}

/** Yields the enriched rows of a span by symbol and time, equal to the live ones. */
export async function* enrichedRows(
  options: EnrichedOptions,
): AsyncGenerator<EnrichedRow[], void> {
  const { feed, enrichment: { chain, references }, fromUs, toUs } = options;
  let rows: EnrichedRow[] = [];
  const onRow = (row: EnrichedRow) => {
    if (row.timeUs >= fromUs && row.timeUs < toUs) rows.push(row);
  };
  const records = new MergedRecords(options.updates, options.trades);
  for (let first = await records.peek(); first !== undefined; first = await records.peek()) {
    const { symbol } = first;
    const market = new EnrichedMarket({
      ...{ symbol, feed, chain, onRow },
      references: references(feed, symbol),
    });
    const others = await otherTops(options, symbol);
    const gaps = gapsOfMarket(options, symbol);
    const before = (event: MarketEvent | undefined) => {
      for (let gap = gaps[0]; gap && isBefore(gap, event); gap = gaps[0]) {
        takeOthers(market, others, gap.receivedAtUs);
        market.take(gap);
        gaps.shift();
      }
      takeOthers(market, others, event?.receivedAtUs ?? toUs - 1);
    };
    for (let event = await records.next(symbol); event; event = await records.next(symbol)) {
      before(event);
      market.take(event);
      if (rows.length < 4096) continue;
      yield rows;
      rows = [];
    }
    before(undefined);
    market.passTo(toUs);
    if (rows.length > 0) yield rows;
    rows = [];
  }
}

function isBefore(a: MarketEvent, b: MarketEvent | undefined): boolean {
  return b === undefined || a.receivedAtUs < b.receivedAtUs ||
    a.receivedAtUs === b.receivedAtUs && a.sequence < b.sequence;
}

/** Returns a market's gaps, including feed-wide ones; first those open at the start of reading. */
function gapsOfMarket({ feed, gaps, missing, ...options }: EnrichedOptions, symbol: string): Gap[] {
  const isOfMarket = (each: { symbol: string }) =>
    each.symbol === symbol || each.symbol === ALL_SYMBOLS;
  const startUs = enrichedFromUs(options.enrichment, options.fromUs);
  const open = missing.filter((each) =>
    isOfMarket(each) && each.fromUs < startUs && (each.toUs ?? Infinity) >= startUs &&
    each.reason !== "clock"
  ).map(({ symbol, channel, fromUs }) =>
    openGap({
      ...{ feed, symbol, fromUs, atUs: startUs, reason: "disconnect", missed: null, detail: "" },
      channel: channel as Gap["channel"],
    })
  );
  return [...open, ...gaps.filter(isOfMarket)];
}

interface Top {
  timeUs: number;
  bid: number;
  ask: number;
}

/** Passes changes of the other feed up to a time to the market. */
function takeOthers(market: EnrichedMarket, tops: Top[], untilUs: number): void {
  for (let top = tops[0]; top && top.timeUs <= untilUs; top = tops[0]) {
    market.takeOther(top, top.timeUs);
    tops.shift();
  }
}

/** Returns the changes of best bid and ask of the same instrument on another feed. */
async function otherTops(
  { enrichment, readOther }: EnrichedOptions,
  symbol: string,
): Promise<Top[]> {
  const other = enrichment.otherOf(symbol);
  const chain = enrichChain([{ name: "top", type: "calculation", values: { b: "bid", a: "ask" } }]);
  if (other === undefined || chain === undefined) return [];
  const tops: Top[] = [];
  const market = new EnrichedMarket({
    ...{ ...other, chain },
    onRow: ({ timeUs, numbers: [bid = NaN, ask = NaN] }) => tops.push({ timeUs, bid, ask }),
  });
  for await (const batch of readOther(other)) for (const event of batch) market.take(event);
  return tops;
}

/** Merges two streams by symbol and time. */
class MergedRecords {
  #updates: RecordCursor;
  #trades: RecordCursor;

  constructor(updates: Batches, trades: Batches) {
    this.#updates = new RecordCursor(updates);
    this.#trades = new RecordCursor(trades);
  }

  async #first(): Promise<RecordCursor> {
    const update = this.#updates.ready ?? await this.#updates.peek();
    const trade = this.#trades.ready ?? await this.#trades.peek();
    if (update === undefined || trade === undefined) {
      return update === undefined ? this.#trades : this.#updates;
    }
    const isTrade = trade.symbol === update.symbol
      ? isBefore(trade, update)
      : trade.symbol < update.symbol;
    return isTrade ? this.#trades : this.#updates;
  }

  /** Returns the next record without consuming it. */
  async peek(): Promise<MarketEvent | undefined> {
    return (await this.#first()).ready;
  }

  /** Consumes the next record if it is of this market. */
  async next(symbol: string): Promise<MarketEvent | undefined> {
    const cursor = await this.#first();
    return cursor.ready?.symbol === symbol ? cursor.take() : undefined;
  }
}

class RecordCursor {
  #batches: AsyncIterator<readonly MarketEvent[]>;
  #batch: readonly MarketEvent[] = [];
  #at = 0;

  constructor(batches: Batches) {
    this.#batches = batches[Symbol.asyncIterator]();
  }

  /** The next record if buffered. */
  get ready(): MarketEvent | undefined {
    return this.#batch[this.#at];
  }

  async peek(): Promise<MarketEvent | undefined> {
    while (this.ready === undefined) {
      const { done, value } = await this.#batches.next();
      if (done) return undefined;
      this.#batch = value;
      this.#at = 0;
    }
    return this.ready;
  }

  take(): MarketEvent | undefined {
    return this.#batch[this.#at++];
  }
}
