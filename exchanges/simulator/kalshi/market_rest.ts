import { isoOfUs } from "@ssmd/runtime";
import type { BookSide } from "@ssmd/market";
import type { RestAnswer } from "../venue.ts";
import { contractsText, dollarText, type KalshiMarketPublisher } from "./publisher.ts";
import { ok, page, pagingOf } from "./rest.ts";
import { DOLLAR } from "./symbols.ts";

const PAGE_MAX = 1000;

/** Answers REST requests for books and trades; undefined = no such path, or an unknown market. */
export function answerMarketRest(
  path: string,
  query: URLSearchParams,
  publishers: readonly KalshiMarketPublisher[],
): RestAnswer | undefined {
  if (path === "/markets/trades") {
    const wanted = query.get("ticker");
    const list = publishers.filter(({ ticker }) => !wanted || ticker === wanted)
      .flatMap((publisher) => publisher.recent.map((each) => tradeJson(publisher.ticker, each)))
      .sort((a, b) => a.created_time < b.created_time ? 1 : -1);
    return page("trades", { list, max: PAGE_MAX }, pagingOf(query));
  }
  const [, ticker] = /^\/markets\/([^/]+)\/orderbook$/.exec(path) ?? [];
  const publisher = publishers.find((each) => each.ticker === ticker);
  if (publisher === undefined) return undefined;
  const depth = Number(query.get("depth") ?? 0) || Infinity;
  const { bids, asks } = publisher.market.book;
  return ok({
    orderbook_fp: {
      yes_dollars: levels(bids, depth, (price) => price),
      no_dollars: levels(asks, depth, (price) => DOLLAR - price),
    },
  });
}

/** Best levels of a side as bids, best last. */
function levels({ prices, sizes }: BookSide, depth: number, priceOf: (price: number) => number) {
  return prices.slice(0, depth)
    .map((price, i) => [dollarText(priceOf(price)), contractsText(sizes[i] ?? 0)]).reverse();
}

function tradeJson(ticker: string, { id, trade, atUs }: KalshiMarketPublisher["recent"][number]) {
  const taker = trade.takerBuys ? "yes" : "no";
  return {
    ...{ trade_id: id, ticker, count_fp: contractsText(trade.size) },
    yes_price_dollars: dollarText(trade.price),
    no_price_dollars: dollarText(DOLLAR - trade.price),
    ...{ taker_side: taker, taker_outcome_side: taker, is_block_trade: false },
    ...{ taker_book_side: trade.takerBuys ? "bid" : "ask", created_time: isoOfUs(atUs) },
  };
}
