import { isoOfUs } from "@ssmd/runtime";
import { type BookSide, textOfSteps } from "@ssmd/market";
import type { RestAnswer } from "../venue.ts";
import type { KrakenPair } from "./frames.ts";
import { COST_MIN, ORDER_MIN } from "./order_request.ts";
import type { KrakenMarketPublisher } from "./publisher.ts";

const ROOT = "/0/public/";
/** WebSocket v1 asset names, which REST still uses. */
const FORMER: Readonly<Record<string, string>> = { BTC: "XBT", DOGE: "XDG" };
const DEPTH_DEFAULT = 100;
const DEPTH_MAX = 500;
const TRADES_MAX = 1000;
/** `since` is in nanoseconds, or in seconds below this. */
const SECONDS_MAX = 1e11;

/** Answers Kraken's public REST from a model's pairs; undefined = path not simulated. */
export function answerKrakenRest(
  { pathname, searchParams: query }: URL,
  { publishers, fees, nowUs }: {
    publishers: readonly KrakenMarketPublisher[];
    /** Percent. */
    fees: { makerFee: number; takerFee: number };
    nowUs: number;
  },
): RestAnswer | undefined {
  const pairs = publishers.map(({ pair }) => pair);
  switch (pathname.startsWith(ROOT) ? pathname.slice(ROOT.length) : "") {
    case "SystemStatus":
      return krakenOk({ status: "online", timestamp: isoOfUs(nowUs) });
    case "Time":
      return krakenOk({
        unixtime: Math.floor(nowUs / 1e6),
        rfc1123: new Date(nowUs / 1000).toUTCString(),
      });
    case "Assets":
      return krakenOk(Object.fromEntries(pairs.flatMap(({ symbol }) => assets(symbol))));
    case "AssetPairs":
      return krakenOk(Object.fromEntries(
        pairs.map((pair) => assetPair(pair, fees)).filter(([, { aclass_base }]) =>
          aclass_base === (query.get("aclass_base") ?? "currency")
        ),
      ));
    case "Depth":
      return ofPair(query, publishers, (publisher, count) => depth(publisher, { count, nowUs }));
    case "Trades":
      return ofPair(query, publishers, (publisher, count) => {
        const since = Number(query.get("since") ?? 0);
        const { trades, last } = tradesSince(publisher, since, count ?? TRADES_MAX);
        return { [pairId(publisher.pair)]: trades, last };
      });
    default:
      return undefined;
  }
}

/** Successful answer. */
export function krakenOk(result: unknown): RestAnswer {
  return { status: 200, body: JSON.stringify({ error: [], result }) };
}

/** Error answer, which the venue sends with status 200. */
export function krakenRefusal(error: string): RestAnswer {
  return { status: 200, body: JSON.stringify({ error: [error] }) };
}

/** Whether a name denotes the pair in REST: `XBTUSD`, `XBT/USD` or `BTC/USD`. */
export function isNameOf({ symbol }: KrakenPair, name: string | null | undefined): boolean {
  return name === symbol || name?.replace("/", "") === pairId({ symbol });
}

/** REST name of a pair, `XBTUSD`. */
export function pairId({ symbol }: Pick<KrakenPair, "symbol">): string {
  return symbol.split("/").map(restAsset).join("");
}

/** REST name of an asset, `XBT`. */
export function restAsset(asset: string): string {
  return FORMER[asset] ?? asset;
}

function ofPair(
  query: URLSearchParams,
  publishers: readonly KrakenMarketPublisher[],
  answer: (publisher: KrakenMarketPublisher, count: number | undefined) => unknown,
): RestAnswer {
  const name = query.get("pair");
  const publisher = publishers.find(({ pair }) => isNameOf(pair, name));
  if (publisher === undefined) return krakenRefusal("EQuery:Unknown asset pair");
  const text = query.get("count");
  const count = text === null ? undefined : Number(text);
  if (count !== undefined && !(Number.isInteger(count) && count >= 1)) {
    return krakenRefusal("EGeneral:Invalid arguments:count");
  }
  return krakenOk(answer(publisher, count));
}

function depth(
  { pair, market: { book } }: KrakenMarketPublisher,
  { count = DEPTH_DEFAULT, nowUs }: { count: number | undefined; nowUs: number },
) {
  const seconds = Math.floor(nowUs / 1e6);
  const levels = ({ prices, sizes }: BookSide) =>
    Array.from(
      { length: Math.min(count, DEPTH_MAX, prices.length) },
      (_, i) => [
        textOfSteps(prices[i] ?? 0, pair.priceDecimals),
        textOfSteps(sizes[i] ?? 0, pair.sizeDecimals),
        seconds,
      ],
    );
  return { [pairId(pair)]: { asks: levels(book.asks), bids: levels(book.bids) } };
}

/** Trades after a time, oldest first; without one the newest. `last` = where to continue, ns. */
function tradesSince({ pair, recent }: KrakenMarketPublisher, since: number, count: number) {
  const sinceUs = since < SECONDS_MAX ? since * 1e6 : Math.round(since / 1000);
  const max = Math.min(count, TRADES_MAX);
  const found = since > 0
    ? recent.filter(({ atUs }) => atUs > sinceUs).slice(0, max)
    : recent.slice(-max);
  const trades = found.map(({ trade, atUs }) => [
    textOfSteps(trade.price, pair.priceDecimals),
    textOfSteps(trade.size, pair.sizeDecimals),
    atUs / 1e6,
    trade.takerBuys ? "b" : "s",
    trade.isLimit ? "l" : "m",
    "",
    trade.id,
  ]);
  return { trades, last: `${found.at(-1)?.atUs ?? Math.floor(sinceUs)}000` };
}

function assets(symbol: string): [string, unknown][] {
  return symbol.split("/").map((asset, i) => [restAsset(asset), {
    ...{ aclass: "currency", altname: restAsset(asset), status: "enabled" },
    ...(i === 0 ? { decimals: 10, display_decimals: 5 } : { decimals: 4, display_decimals: 2 }),
  }]);
}

function assetPair(
  { symbol, priceDecimals, sizeDecimals }: KrakenPair,
  { makerFee, takerFee }: { makerFee: number; takerFee: number },
) {
  const [base = symbol, quote = "USD"] = symbol.split("/").map(restAsset);
  const tick = priceDecimals === 0 ? "1" : `0.${"1".padStart(priceDecimals, "0")}`;
  // `AAPLx/USD` is a tokenized stock.
  const aclass_base = /[a-z]$/.test(base) ? "tokenized_asset" : "currency";
  const terms = {
    ...{ altname: `${base}${quote}`, wsname: `${base}/${quote}`, base, quote, lot: "unit" },
    ...{ aclass_base, aclass_quote: "currency", cost_decimals: 5 },
    ...{ pair_decimals: priceDecimals, lot_decimals: sizeDecimals, tick_size: tick },
    ...{ lot_multiplier: 1, leverage_buy: [], leverage_sell: [] },
    ...{ fees: [[0, takerFee]], fees_maker: [[0, makerFee]], fee_volume_currency: "ZUSD" },
    ...{ ordermin: ORDER_MIN, costmin: COST_MIN, status: "online" },
  };
  return [`${base}${quote}`, terms] as const;
}
