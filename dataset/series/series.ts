import { enrichedJson, type EnrichedRow, valueOf } from "@ssmd/enrich";
import {
  type Column,
  count,
  double,
  flag,
  optionalDouble,
  type TableRow,
  time,
  word,
} from "@ssmd/archive/parquet";
import type { EventType } from "@ssmd/market";
import type { BookRow } from "./book_sampler.ts";
import type { CandleFigures } from "./candle.ts";
import type { Enrichment } from "@ssmd/metadata";

/** Series and the record types they derive from. */
export const SERIES = {
  bars: ["trade"],
  top_of_book: ["orderbook"],
  book: ["orderbook"],
  enriched: ["orderbook", "trade", "gap"],
} as const satisfies Record<string, readonly EventType[]>;

/** Series name; the same in exports, SQL, REST and Python. */
export type SeriesName = keyof typeof SERIES;

/** All series names. */
export const SERIES_NAMES = Object.keys(SERIES) as SeriesName[];

/** Intervals of bars and samples by name, µs. */
export const INTERVALS = {
  "1s": 1_000_000,
  "5s": 5_000_000,
  "1m": 60_000_000,
  "5m": 300_000_000,
  "15m": 900_000_000,
  "1h": 3_600_000_000,
  "4h": 14_400_000_000,
  "1d": 86_400_000_000,
} as const;

/** Name of an interval. */
export type Interval = keyof typeof INTERVALS;

/** Maximum levels per side in a `book` row. */
export const DEPTH_MAX = 100;

/** Trades of an interval; intervals without trades have no row. */
export interface BarRow extends CandleFigures {
  symbol: string;
  feed: string;
  /** Start of the interval in venue time, µs. */
  startUs: number;
  /** Whether trades may be missing. */
  gap: boolean;
}

/** A row of a series. */
export type SeriesRow = BarRow | BookRow | EnrichedRow;

/** Options of a series. */
export interface SeriesOptions {
  name: SeriesName;
  /** For bars and `book`; `top_of_book` has a row at each change. */
  every: Interval;
  /** Levels per side of `book`, 1…{@linkcode DEPTH_MAX}. */
  depth: number;
  /** Required for `enriched`. */
  enrichment?: Enrichment;
}

/** Returns a book's sampling interval, µs; 0 = each change. */
export function sampleUs({ name, every }: SeriesOptions): number {
  return name === "book" ? INTERVALS[every] : 0;
}

/** Returns a series' table columns. Files in `feed=…` folders have no `feed` column. */
export function columnsOfSeries(options: SeriesOptions, withFeed = true): Column[] {
  const { name, depth } = options;
  const base = [
    word<SeriesRow>("symbol", ({ symbol }) => symbol),
    word<SeriesRow>("feed", ({ feed }) => feed),
  ].filter((column) => withFeed || column.name !== "feed");
  if (name === "enriched") return [...base, ...enrichedColumns(options)];
  const gap = flag<BarRow | BookRow>("gap", (row) => row.gap);
  if (name === "bars") return [...base, ...BAR, gap];
  const numbers = Array.from({ length: name === "book" ? depth : 1 }, (_, i) => i);
  const levels = numbers.flatMap((i) => levelColumns(i, name === "book" ? `_${i + 1}` : ""));
  return [...base, time<BookRow>("time", ({ timeUs }) => timeUs), ...levels, gap];
}

function enrichedColumns({ enrichment }: SeriesOptions): Column[] {
  const columns = (enrichment?.chain.columns ?? []).map(({ name, kind }, i): Column =>
    kind === "double"
      ? optionalDouble<EnrichedRow>(name, (row) => valueOf(row, i) as number | null)
      : { name, kind, nullable: true, of: (row) => valueOf(row as EnrichedRow, i) as string | null }
  );
  return [
    time<EnrichedRow>("time", ({ timeUs }) => timeUs),
    flag<EnrichedRow>("valid", ({ valid }) => valid),
    ...columns,
  ];
}

const BAR: readonly Column[] = [
  time<BarRow>("start", ({ startUs }) => startUs),
  double<BarRow>("open", ({ open }) => open),
  double<BarRow>("high", ({ high }) => high),
  double<BarRow>("low", ({ low }) => low),
  double<BarRow>("close", ({ close }) => close),
  double<BarRow>("volume", ({ volume }) => volume),
  double<BarRow>("buy_volume", (bar) => bar.buy_volume),
  optionalDouble<BarRow>("vwap", ({ vwap }) => vwap),
  count<BarRow>("trades", ({ trades }) => trades),
];

function levelColumns(i: number, suffix: string): Column[] {
  return [
    optionalDouble<BookRow>(`bid_price${suffix}`, ({ bids }) => bids[i]?.price),
    optionalDouble<BookRow>(`bid_size${suffix}`, ({ bids }) => bids[i]?.size),
    optionalDouble<BookRow>(`ask_price${suffix}`, ({ asks }) => asks[i]?.price),
    optionalDouble<BookRow>(`ask_size${suffix}`, ({ asks }) => asks[i]?.size),
  ];
}

/** Returns the start of a bar or the time of another row, µs. */
export function timeOfRow(row: SeriesRow): number {
  return "startUs" in row ? row.startUs : row.timeUs;
}

/** JSON fields common to rows; times are ms since 1970. */
interface JsonRow {
  symbol: string;
  feed: string;
  gap: boolean;
}

/** A bar in JSON. */
interface BarJson extends JsonRow, CandleFigures {
  start: number;
}

/** A sampled book row in JSON; levels are [price, size], best first. */
interface BookJson extends JsonRow {
  time: number;
  bids: [number, number][];
  asks: [number, number][];
}

/** Best bid and ask in JSON; null when missing or the book is unknown. */
interface TopJson extends JsonRow {
  time: number;
  bid_price: number | null;
  bid_size: number | null;
  ask_price: number | null;
  ask_size: number | null;
}

/** Converts a row to JSON. */
export function rowJson({ name, enrichment }: SeriesOptions, row: TableRow): object {
  if (enrichment !== undefined) return enrichedJson(enrichment.chain, row as EnrichedRow);
  if (name === "bars") return barJson(row as BarRow);
  return name === "book" ? bookJson(row as BookRow) : topJson(row as BookRow);
}

/** Converts a bar to JSON. */
export function barJson({ startUs, symbol, feed, gap, ...figures }: BarRow): BarJson {
  return { symbol, feed, start: startUs / 1000, ...figures, gap };
}

/** Converts a sampled book row to JSON. */
export function bookJson({ symbol, feed, timeUs, bids, asks, gap }: BookRow): BookJson {
  const pairs = (levels: BookRow["bids"]) =>
    levels.map(({ price, size }): [number, number] => [price, size]);
  return { symbol, feed, time: timeUs / 1000, bids: pairs(bids), asks: pairs(asks), gap };
}

/** Converts the best bid and ask to JSON. */
export function topJson(
  { symbol, feed, timeUs, bids: [bid], asks: [ask], gap }: BookRow,
): TopJson {
  return {
    ...{ symbol, feed, time: timeUs / 1000 },
    ...{ bid_price: bid?.price ?? null, bid_size: bid?.size ?? null },
    ...{ ask_price: ask?.price ?? null, ask_size: ask?.size ?? null },
    gap,
  };
}
