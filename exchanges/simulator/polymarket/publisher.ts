import type { BookSideName } from "@ssmd/market";
import type { FrameKind } from "../faults.ts";
import type { LevelObserver, ModelMarket, ModelTrade } from "../model/market.ts";
import { Random } from "../model/prng.ts";
import { type BookSummary, bookSummary, plainText, timeText } from "./book.ts";
import type { PolymarketSession } from "./session.ts";
import { wantsFinerTick } from "./symbols.ts";

/** The whole book is sent again after this many steps with trades. */
const BOOK_EVERY = 8;

/** One token: sends its events to their subscribers. */
export class PolymarketMarketPublisher implements LevelObserver {
  readonly token: string;
  #market: ModelMarket;
  #condition: string;
  #random: Random;
  #changed = new Map<string, { side: BookSideName; price: number }>();
  #trades = 0;
  #best = "";

  /** `condition` = the market's condition id; `seed` determines transaction hashes. */
  constructor(market: ModelMarket, condition: string, seed: number) {
    this.#market = market;
    this.token = market.spec.external;
    this.#random = new Random(seed, `ids ${this.token}`);
    this.#condition = condition;
    market.observers.push(this);
  }

  changed(side: BookSideName, price: number): void {
    this.#changed.set(`${side} ${price}`, { side, price });
  }

  /** The whole book in REST's format. */
  summary(nowUs: number): BookSummary {
    return bookSummary(this.#market, this.#condition, nowUs);
  }

  /** The whole book; the first one of a subscription has additional fields. */
  book(nowUs: number, isFirst: boolean): Record<string, unknown> {
    const { market, asset_id, timestamp, hash, bids, asks, tick_size, last_trade_price } = this
      .summary(nowUs);
    return {
      ...{ market, asset_id, timestamp, hash, bids, asks },
      ...(isFirst && { tick_size }),
      event_type: "book",
      ...(isFirst && { last_trade_price }),
    };
  }

  /** Publishes the market's last step. */
  publish(nowUs: number, sessions: Iterable<PolymarketSession>): void {
    const wanting = [...sessions].filter(({ tokens }) => tokens.has(this.token));
    const send = (event: Record<string, unknown>, kind: FrameKind) => {
      const text = spaced(event);
      for (const session of wanting) {
        if (kind !== "ticker" || session.wantsFeatures) session.connection.sendData(text, kind);
      }
    };
    const { trades } = this.#market;
    const hash = trades.length > 0 ? `0x${this.#hex(64)}` : "";
    for (const trade of trades) send(this.#trade(trade, hash, nowUs), "trade");
    const { bid, ask } = this.#top();
    if (this.#changed.size > 0) send(this.#changes(nowUs), "book");
    this.#changed.clear();
    if (trades.length > 0 && ++this.#trades % BOOK_EVERY === 0) {
      send(this.book(nowUs, false), "book");
    }
    this.#refine(nowUs, send);
    if (this.#best === `${bid} ${ask}`) return;
    this.#best = `${bid} ${ask}`;
    const head = { market: this.#condition, asset_id: this.token };
    const best = { best_bid: this.#price(bid), best_ask: this.#price(ask) };
    const spread = this.#price(Math.max(0, ask - bid));
    const timestamp = timeText(nowUs);
    send({ ...head, ...best, spread, timestamp, event_type: "best_bid_ask" }, "ticker");
  }

  /** Makes prices near 0 and 1 finer, once. */
  #refine(nowUs: number, send: (event: Record<string, unknown>, kind: FrameKind) => void): void {
    const { spec, lastPrice } = this.#market;
    if (spec.priceMin === 1 || !wantsFinerTick(lastPrice)) return;
    const old_tick_size = this.#price(spec.priceMin);
    spec.restructure?.("0.001");
    const head = { market: this.#condition, asset_id: this.token };
    const sizes = { old_tick_size, new_tick_size: this.#price(spec.priceMin) };
    send(
      { ...head, ...sizes, timestamp: timeText(nowUs), event_type: "tick_size_change" },
      "control",
    );
  }

  #changes(nowUs: number): Record<string, unknown> {
    const { bid, ask } = this.#top();
    const { hash } = this.summary(nowUs);
    const changes = [...this.#changed.values()].map(({ side, price }) => ({
      asset_id: this.token,
      price: this.#price(price),
      size: this.#size(this.#market.book[side].sizeAt(price)),
      side: side === "bids" ? "BUY" : "SELL",
      hash,
      best_bid: this.#price(bid),
      best_ask: this.#price(ask),
    }));
    return {
      market: this.#condition,
      price_changes: changes,
      timestamp: timeText(nowUs),
      event_type: "price_change",
    };
  }

  #trade(trade: ModelTrade, hash: string, nowUs: number): Record<string, unknown> {
    return {
      market: this.#condition,
      asset_id: this.token,
      price: this.#price(trade.price),
      size: this.#size(trade.size),
      fee_rate_bps: "0",
      side: trade.takerBuys ? "BUY" : "SELL",
      timestamp: timeText(nowUs),
      event_type: "last_trade_price",
      transaction_hash: hash,
    };
  }

  #top(): { bid: number; ask: number } {
    const { book: { bids, asks }, spec } = this.#market;
    // The venue sends 0 and 1 for empty sides.
    return { bid: bids.prices[0] ?? 0, ask: asks.prices[0] ?? 10 ** spec.priceDecimals };
  }

  #price(steps: number): string {
    return plainText(steps, this.#market.spec.priceDecimals);
  }

  #size(steps = 0): string {
    return plainText(steps, this.#market.spec.sizeDecimals);
  }

  #hex(digits: number): string {
    let text = "";
    while (text.length < digits) text += this.#random.uint32().toString(16).padStart(8, "0");
    return text.slice(0, digits);
  }
}

/** JSON with a space after commas and colons, as the venue writes all but first books. */
export function spaced(event: unknown): string {
  return JSON.stringify(event, null, 1).replaceAll(/\n */g, " ").replaceAll("{ ", "{")
    .replaceAll(" }", "}").replaceAll("[ ", "[").replaceAll(" ]", "]");
}
