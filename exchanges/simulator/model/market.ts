import { type BookSide, type BookSideName, OrderBook } from "@ssmd/market";
import { ClientOrders, type RestingOrder } from "./client_orders.ts";
import { LEVELS_MIN, type OrderPlan } from "./order_plan.ts";
import type { Random } from "./prng.ts";

/** Parameters of a model market. Prices and sizes in integer steps. */
export interface MarketSpec {
  /** The venue's symbol. */
  external: string;
  priceDecimals: number;
  sizeDecimals: number;
  /** Lowest and highest order price. */
  priceMin: number;
  priceMax: number;
  /** Nearest valid price at or below. */
  quantize(price: number): number;
  /** Next valid price above (+1) or below (-1). */
  neighbour(price: number, direction: 1 | -1): number;
  /** Name of the current price grid; absent = the venue names none. */
  readonly structure?: string;
  /** Changes the price grid; absent = the venue never changes it. */
  restructure?(structure: string): void;
  /** Process of the fair price. */
  fair: FairPrice;
  /** Typical distance of orders from the best price. */
  spacing: number;
  /** Median order size. */
  typicalSize: number;
  /** Most sizes are a multiple of this. */
  lot: number;
  /** Levels per side around which the book settles. */
  levels: number;
}

/** Hidden value that the market's price follows, in price steps. */
export interface FairPrice {
  /** Advances by `seconds` and returns the value. */
  advance(random: Random, seconds: number): number;
  /** Current value. */
  readonly value: number;
}

/** A fill: one price level taken by a market order. */
export interface ModelTrade {
  id: number;
  price: number;
  size: number;
  takerBuys: boolean;
}

/** Receives each level change right after it was made. */
export interface LevelObserver {
  /** `index` is the level's index after the change, or before its removal. */
  changed(
    side: BookSideName,
    price: number,
    change: { index: number; before: number; after: number },
  ): void;
}

/** Farthest order from the fair price, in spacings. */
const FAR_MAX = 200;

/** Limit order book with arrivals, cancels, requotes and market orders. */
export class ModelMarket {
  readonly spec: MarketSpec;
  readonly book: OrderBook = new OrderBook();
  readonly observers: LevelObserver[] = [];
  /** Fills of the last step, oldest first; reused by the next step. */
  readonly trades: ModelTrade[] = [];
  readonly clients: ClientOrders = new ClientOrders();
  lastPrice: number;
  #random: Random;
  #tradeId: number;

  /** Fills the book around the fair price. */
  constructor(spec: MarketSpec, random: Random) {
    this.spec = spec;
    this.#random = random;
    this.#tradeId = 1_000_000 + random.below(90_000_000);
    const first = Math.min(spec.priceMax, Math.max(spec.priceMin, Math.round(spec.fair.value)));
    this.lastPrice = spec.quantize(first);
    this.#seed("bids");
    this.#seed("asks");
  }

  #seed(name: BookSideName): void {
    const { spec } = this;
    const direction = name === "bids" ? -1 : 1;
    let price = spec.neighbour(this.lastPrice, direction);
    while (this.book[name].length < spec.levels) {
      if (price < spec.priceMin || price > spec.priceMax) return;
      this.book[name].set(price, this.#size());
      const skip = 1 + Math.floor(this.#random.exponential() * spec.spacing / 8);
      for (let i = 0; i < skip; i++) price = spec.neighbour(price, direction);
    }
  }

  /** Runs one event, `seconds` after the previous one. */
  step(seconds: number): void {
    this.trades.length = this.clients.fills.length = 0;
    const fair = this.spec.fair.advance(this.#random, seconds);
    const bid = this.book.bids.prices[0] ?? this.spec.priceMin;
    const ask = this.book.asks.prices[0] ?? this.spec.priceMax;
    const pull = Math.tanh((fair - (bid + ask) / 2) / (this.spec.spacing + (ask - bid) / 2));
    const draw = this.#random.unit();
    if (draw < 0.08 + 0.3 * Math.abs(pull)) this.#take(pull);
    else if (draw > 0.94) this.#requote(pull);
    else this.#addOrCancel(this.#random.unit() < 0.5 + 0.35 * pull ? "bids" : "asks", pull);
    this.#extend("bids");
    this.#extend("asks");
  }

  #addOrCancel(name: BookSideName, pull: number): void {
    const { levels } = this.spec;
    const surplus = (this.book[name].length - levels) / levels;
    const cancel = Math.min(0.9, Math.max(0.05, 0.44 + 2 * surplus));
    if (this.#random.unit() < 0.25 * Math.abs(pull)) this.#cancel(pull > 0 ? "asks" : "bids", 0);
    else if (this.#random.unit() >= cancel) this.#add(name);
    else if (surplus > 0 && this.#random.unit() < 0.5) {
      this.#cancel(name, Math.floor(levels * (0.5 + this.#random.unit() / 2)));
    } else this.#cancel(name, this.#rank(name));
  }

  /** Random rank of a level, biased to the best. */
  #rank(name: BookSideName): number {
    return Math.floor(this.book[name].length * Math.pow(this.#random.unit(), 2.5));
  }

  /** Adds far orders to a side that became thin, where prices allow it. */
  #extend(name: BookSideName): void {
    const side = this.book[name];
    if (side.length >= this.spec.levels * 0.92) return;
    const direction = name === "bids" ? -1 : 1;
    const half = side.length >> 1;
    for (let attempt = 0; attempt < 2; attempt++) {
      // Between deep levels first, else after the last one.
      const rank = attempt === 1 ? side.length - 1 : half + this.#random.below(side.length - half);
      let price = side.prices[rank] ?? this.lastPrice;
      const skip = 1 + Math.floor(this.#random.exponential() * this.spec.spacing / 8);
      for (let i = 0; i < skip; i++) price = this.spec.neighbour(price, direction);
      if (price < this.spec.priceMin || price > this.spec.priceMax) continue;
      if (side.sizeAt(price) === 0) return this.#set(name, price, this.#size());
    }
  }

  #size(): number {
    const { typicalSize, lot } = this.spec;
    const raw = typicalSize * Math.exp(1.3 * this.#random.normal());
    const step = this.#random.unit() < 0.7 ? lot : this.#sizeStep;
    return Math.max(this.#sizeStep, Math.round(raw / step) * step);
  }

  /** Smallest size step, so that no dust is left over. */
  get #sizeStep(): number {
    return Math.max(1, Math.floor(this.spec.lot / 100));
  }

  #set(name: BookSideName, price: number, size: number): void {
    const side: BookSide = this.book[name];
    const before = side.sizeAt(price);
    if (before === size) return;
    const index = side.set(price, size);
    for (const observer of this.observers) {
      observer.changed(name, price, { index, before, after: size });
    }
  }

  #add(name: BookSideName): void {
    const price = this.#priceFor(name);
    if (price < this.spec.priceMin || price > this.spec.priceMax) return;
    this.#set(name, price, this.book[name].sizeAt(price) + this.#size());
  }

  /** Random price around the fair one that does not cross, often the best of its side. */
  #priceFor(name: BookSideName): number {
    const { spec, book } = this;
    const sign = name === "bids" ? -1 : 1;
    const other = book[name === "bids" ? "asks" : "bids"].prices[0];
    const best = book[name].prices[0];
    if (best !== undefined && this.#random.unit() < 0.15) return best;
    const tail = Math.min(FAR_MAX, Math.pow(1 - this.#random.unit(), -0.9) - 1);
    const far = Math.floor(spec.spacing * tail);
    const price = spec.quantize(Math.round(spec.fair.value) + sign * (1 + far));
    if (other === undefined) return price;
    const limit = spec.neighbour(other, sign);
    return (price - limit) * sign >= 0 ? price : limit;
  }

  #cancel(name: BookSideName, rank: number): void {
    const side = this.book[name];
    const price = side.prices[rank];
    if (price === undefined) return;
    const own = this.clients.sizeAt(name, price);
    const size = (side.sizes[rank] ?? 0) - own;
    if (size <= 0) return;
    const rest = this.#random.unit() < 0.7
      ? 0
      : Math.floor(size * this.#random.unit() / this.#sizeStep) * this.#sizeStep;
    if (rest + own === 0 && side.length <= LEVELS_MIN) return;
    this.clients.canceled(name, price, rest);
    this.#set(name, price, rest + own);
  }

  /** Cancels near the top of one side and requotes: several changes in one event. */
  #requote(pull: number): void {
    const name = this.#random.unit() < 0.5 + 0.4 * pull ? "asks" : "bids";
    const count = 1 + this.#random.below(3);
    for (let i = 0; i < count; i++) this.#cancel(name, this.#rank(name));
    for (let i = 0; i < count; i++) this.#add(name);
    if (this.#random.unit() < 0.5) this.#add(name === "asks" ? "bids" : "asks");
  }

  /** Market order; the further the price is from fair, the more levels it takes. */
  #take(pull: number): void {
    const name = this.#random.unit() < 0.5 + 0.5 * pull ? "asks" : "bids";
    const side = this.book[name];
    const sign = name === "asks" ? 1 : -1;
    const fair = this.spec.fair.value;
    let left = this.#size() * (this.#random.unit() < 0.1 ? 8 : 1) *
      (sign * pull > 0.4 ? 5 : 1);
    for (let level = 0; level < 8 && left > 0; level++) {
      const price = side.prices[0];
      const there = side.sizes[0];
      if (price === undefined || there === undefined) return;
      if (level > 1 && (price - fair) * sign > this.spec.spacing) return;
      const last = side.length <= LEVELS_MIN;
      const size = Math.min(left, last ? there - this.#sizeStep : there);
      if (size <= 0) return;
      left = last ? 0 : left - size;
      const id = this.#print({ price, size, takerBuys: name === "asks" });
      this.clients.traded(name, { price, size, id });
      this.#set(name, price, there - size);
    }
  }

  #print(trade: Omit<ModelTrade, "id">): number {
    this.trades.push({ id: ++this.#tradeId, ...trade });
    this.lastPrice = trade.price;
    return this.#tradeId;
  }

  /** Executes a client's order as a step of its own; returns its fills, best first. */
  execute({ buys }: { buys: boolean }, { fills }: OrderPlan) {
    this.trades.length = this.clients.fills.length = 0;
    const name = buys ? "asks" : "bids";
    return fills.flatMap(({ price, size, others }) => {
      const ids = [size, others].map((each) =>
        each === 0 ? 0 : this.#print({ price, size: each, takerBuys: buys })
      );
      this.clients.passed(name, price, size + others);
      this.#set(name, price, this.book[name].sizeAt(price) - size - others);
      return size === 0 ? [] : [{ price, size, tradeId: ids[0] ?? 0 }];
    });
  }

  /** Adds the rest of a client's order to the end of its price's queue. */
  rest(order: RestingOrder): void {
    const name = order.buys ? "bids" : "asks";
    const there = this.book[name].sizeAt(order.price);
    order.ahead = there - this.clients.sizeAt(name, order.price);
    this.clients.add(order);
    this.#set(name, order.price, there + order.left);
  }

  /** Removes a resting order from the book. */
  withdraw(order: RestingOrder): void {
    this.trades.length = this.clients.fills.length = 0;
    const name = order.buys ? "bids" : "asks";
    this.clients.remove(order);
    this.#set(name, order.price, this.book[name].sizeAt(order.price) - order.left);
  }
}
