import type { InstrumentFile, InstrumentVersion } from "@ssmd/metadata";
import { definedFields, lineOf } from "../json_fields.ts";
import { type FeeChange, type KalshiSeries, marketFees } from "./fee_terms.ts";
import { timeOf } from "./rest_answers.ts";

/** A market of `GET /markets`, with the fields that we read. */
export interface KalshiMarket {
  ticker: string;
  event_ticker?: unknown;
  status?: unknown;
  title?: unknown;
  yes_sub_title?: unknown;
  created_time?: unknown;
  updated_time?: unknown;
  open_time?: unknown;
  close_time?: unknown;
  result?: unknown;
  price_ranges?: unknown;
}

/** States by the venue's status; `determined` is not final. */
const STATES: Readonly<Record<string, InstrumentVersion["state"]>> = {
  initialized: "listed",
  unopened: "listed",
  active: "open",
  open: "open",
  inactive: "halted",
  paused: "halted",
  closed: "closed",
  determined: "determined",
  disputed: "disputed",
  amended: "amended",
  finalized: "settled",
  settled: "settled",
};

/** Event and series of a market from REST; absent = not loaded. */
interface KalshiTree {
  /** As in `GET /events`. */
  event?: Readonly<Record<string, unknown>> | undefined;
  series?: KalshiSeries | undefined;
  /** Fee changes of the series, in order of time. */
  feeChanges?: readonly FeeChange[] | undefined;
}

/** Legal texts of a series, as long as the rest of the market, and its volumes. */
const SERIES_LEFT_OUT = /^(additional_prohibitions|volume.*)$/;
/** Trading figures, left out as they change with every trade. */
const QUOTES =
  /^(last_price|yes_bid|yes_ask|no_bid|no_ask|previous_|volume|open_interest|liquidity)/;
const DECIMAL = /^\d{1,15}(\.\d{1,15})?$/;
const ID = /^[A-Za-z0-9][\w.-]{0,126}[A-Za-z0-9]$/;

/** Checks a market of REST; undefined when its ticker is no valid id. */
export function kalshiMarketOf(json: unknown): KalshiMarket | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const { ticker } = json as { ticker?: unknown };
  return typeof ticker === "string" && ID.test(ticker) ? json as KalshiMarket : undefined;
}

/** Series of an event, its prefix: `KXBTC15M-26MAY132115` is of `KXBTC15M`. */
export function seriesOfEvent(event: string): string {
  return event.split("-", 1)[0] ?? event;
}

/**
 * Converts a market to an instrument with one version, known at `known` (ISO time) and effective from
 * the venue's time of change, else from the market's creation or opening, else from `known`.
 */
export function kalshiInstrument(
  market: KalshiMarket,
  { feed, known, ...tree }: { feed: string; known: string } & KalshiTree,
): InstrumentFile {
  const { event, series, feeChanges = [] } = tree;
  const group = lineOf(market.event_ticker);
  const created = timeOf(market.created_time) ?? timeOf(market.open_time) ?? known;
  const state = STATES[String(market.status)] ?? "listed";
  const end = state === "settled" ? timeOf(market.close_time) : undefined;
  const version: InstrumentVersion = {
    effective: timeOf(market.updated_time) ?? created,
    known,
    state,
    quote: "USD",
    size_step: "0.01",
    ...definedFields({
      price_grid: gridOf(market.price_ranges),
      ...marketFees(series, feeChanges, { known, end }),
      opens: timeOf(market.open_time),
      closes: timeOf(market.close_time),
      result: lineOf(market.result),
      group,
      series: series?.ticker ?? (group === undefined ? undefined : seriesOfEvent(group)),
    }),
    venue: {
      ...rawOf(market, QUOTES),
      ...(event === undefined ? {} : { event: rawOf(event, /^markets$/) }),
      ...(series === undefined ? {} : { series: rawOf(series, SERIES_LEFT_OUT) }),
    },
  };
  const { ticker } = market;
  return {
    id: ticker,
    name: nameOf(market),
    asset_class: "event",
    versions: [version],
    mappings: [{ feed, external: ticker, from: created, known }],
  };
}

/** Price grid of REST's ranges; the name of a structure is only a label. */
function gridOf(ranges: unknown): InstrumentVersion["price_grid"] {
  if (!Array.isArray(ranges)) return undefined;
  const grid = ranges.map(({ start, end, step }) => ({ from: start, to: end, step }));
  const isRead = grid.length > 0 &&
    grid.every((each) => Object.values(each).every((text) => DECIMAL.test(String(text))));
  return isRead ? grid : undefined;
}

function nameOf(market: KalshiMarket): string {
  const parts = [market.title, market.yes_sub_title].flatMap((part) => lineOf(part) ?? []);
  return [...new Set(parts)].join(": ") || market.ticker;
}

/** All fields of the venue except those left out, sorted by name. */
function rawOf(all: object, leftOut: RegExp): Record<string, unknown> {
  const kept = Object.entries(all).filter(([name]) => !leftOut.test(name));
  return Object.fromEntries(kept.sort(([a], [b]) => a < b ? -1 : 1));
}
