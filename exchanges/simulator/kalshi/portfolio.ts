import { wordOf } from "../../json_fields.ts";
import type { ModelMarket } from "../model/market.ts";
import { Random } from "../model/prng.ts";
import type { SimulatorRequest } from "../server.ts";
import { MatchingEngine, type Order } from "../trading/engine.ts";
import type { ModelOptions, RestAnswer, RestReply } from "../venue.ts";
import { CENT, ContractAccount } from "./account.ts";
import { AccountFeed } from "./account_feed.ts";
import {
  eventOrderJson,
  fillJson,
  type Json,
  moneyText,
  orderJson,
  positionJson,
} from "./account_json.ts";
import { readKalshiEventOrder, readKalshiOrder } from "./order_request.ts";
import { contractsText, type KalshiMarketPublisher } from "./publisher.ts";
import { ok, page, pagingOf } from "./rest.ts";
import { DOLLAR } from "./symbols.ts";

/** The venue's taker fee; resting orders pay nothing in most markets. */
const DEFAULTS = { makerFee: 0, takerFee: 7, latencyMs: 0, fillShare: 1 };
const PAGE_MAX = 1000;

/** A form of orders: how one is read, and how it and its cancellation are answered. */
interface OrderForm {
  read: typeof readKalshiOrder;
  answerOf(order: Order): Json;
  canceledOf(order: Order, nowUs: number): Json;
}

/** `/portfolio/orders`, which names contracts. */
const CONTRACT_ORDERS: OrderForm = {
  read: readKalshiOrder,
  answerOf: (order) => ({ order: orderJson(order) }),
  canceledOf: (order) => ({ order: orderJson(order), reduced_by_fp: contractsText(order.left) }),
};
/** `/portfolio/events/orders`, which names sides of the book; the venue's clients of today use it. */
const EVENT_ORDERS: OrderForm = {
  read: readKalshiEventOrder,
  answerOf: eventOrderJson,
  canceledOf: ({ id, clientId, left }, nowUs) => ({
    ...{ order_id: id, ...(clientId === undefined ? {} : { client_order_id: clientId }) },
    ...{ reduced_by: contractsText(left), ts_ms: Math.floor(nowUs / 1e3) },
  }),
};

/** Kalshi's REST below `/portfolio`: orders, fills, positions and balance of one member. */
export class KalshiPortfolio {
  /** Feed of the socket's account channels. */
  readonly feed: AccountFeed = new AccountFeed();
  #account: ContractAccount;
  #engine: MatchingEngine;
  #find: (ticker: string) => KalshiMarketPublisher | undefined;
  #nowUs: () => number;

  constructor(
    options: ModelOptions,
    find: (ticker: string) => KalshiMarketPublisher | undefined,
  ) {
    const { seed, nowUs, begin, flush } = options;
    const ids = new Random(seed, "orders");
    const trading = { ...DEFAULTS, ...options.trading };
    this.#find = find;
    this.#nowUs = nowUs;
    this.#account = new ContractAccount(trading);
    this.#engine = new MatchingEngine({
      ...{ account: this.#account, trading, newId: () => ids.uuid(), nowUs, begin, flush },
      publish: ({ spec }) => find(spec.external)?.publish(nowUs()),
    });
    this.#engine.listen((event) => {
      const { external } = event.order.market.spec;
      this.feed.sendEvent(event, this.#account.positions.get(external));
    });
  }

  /** Books the fills of resting orders from the model's last step. */
  settle(market: ModelMarket): void {
    this.#engine.settle(market);
  }

  /** Ends a determined market: cancels its orders, pays its contracts. */
  end(market: ModelMarket, result: string | undefined): void {
    this.#engine.end(market);
    const position = this.#account.settle(market, { result, nowUs: this.#nowUs() });
    if (position !== undefined) this.feed.sendPosition(market.spec.external, position);
  }

  /** Answers a request below `/portfolio`. */
  answer(
    { method, url: { searchParams: query }, body }: SimulatorRequest,
    path: string,
  ): RestReply {
    const [, form, noun, id] = /^\/portfolio\/(events\/)?([^/]*)(?:\/(.*))?$/.exec(path) ?? [];
    const isOrders = noun === "orders";
    const orderForm = form === undefined ? CONTRACT_ORDERS : EVENT_ORDERS;
    const orders = [...this.#engine.orders.values()];
    const order = this.#engine.orders.get(id ?? "");
    if (isOrders && method === "POST" && id === undefined) return this.#submit(body, orderForm);
    if (isOrders && method === "DELETE" && id !== undefined) return this.#cancel(order, orderForm);
    if (method !== "GET" || form !== undefined) return refusal(404, "not_found", "not found");
    switch (id === undefined ? noun : `${noun}/`) {
      case "orders/":
        return order === undefined
          ? refusal(404, "not_found", "not found")
          : ok({ order: orderJson(order) });
      case "orders": {
        const list = orders.reverse().map(orderJson).filter((each) => isWanted(each, query));
        return page("orders", { list, max: PAGE_MAX }, pagingOf(query));
      }
      case "fills": {
        const list = orders.flatMap(({ fills }) => fills).sort((a, b) => b.atUs - a.atUs)
          .map(fillJson).filter((each) => isWanted(each, query));
        return page("fills", { list, max: PAGE_MAX }, pagingOf(query));
      }
      case "balance":
        return ok(this.#balance());
      case "positions": {
        const open = [...this.#account.positions].filter(([, { size }]) => size !== 0);
        const market_positions = open.map(([ticker, position]) => positionJson(ticker, position));
        return ok({ market_positions, event_positions: [], cursor: "" });
      }
      default:
        return refusal(404, "not_found", "not found");
    }
  }

  async #submit(body: string, { read, answerOf }: OrderForm): Promise<RestAnswer> {
    const fields = fieldsOf(body);
    const market = this.#find(wordOf(fields["ticker"]))?.market;
    if (market === undefined) return refusal(404, "market_not_found", "market not found");
    const request = read(market, fields);
    if ("code" in request) return refusal(400, request.code, request.message);
    const { clientId } = request;
    const known = [...this.#engine.orders.values()];
    if (clientId !== undefined && known.some((order) => order.clientId === clientId)) {
      return refusal(409, "order_already_exists", "order already exists");
    }
    const order = await this.#engine.submit(request);
    if (order === undefined) return refusal(400, "insufficient_balance", "insufficient balance");
    return { ...ok(answerOf(order)), status: 201 };
  }

  async #cancel(order: Order | undefined, { canceledOf }: OrderForm): Promise<RestAnswer> {
    if (order === undefined || !await this.#engine.cancel(order.id)) {
      return refusal(404, "not_found", "not found");
    }
    return ok(canceledOf(order, this.#nowUs()));
  }

  /** Balance in whole cents, as the venue's: free cash, and positions at the last prices. */
  #balance() {
    let value = 0;
    for (const [ticker, { size }] of this.#account.positions) {
      const last = this.#find(ticker)?.market.lastPrice ?? 0;
      value += Math.abs(size) * (size > 0 ? last : DOLLAR - last) / 1000;
    }
    const free = this.#account.cash - this.#account.held(this.#engine.open());
    return {
      ...{ balance: Number(free / CENT), balance_dollars: moneyText(free) },
      portfolio_value: Math.floor(value),
      updated_ts: Math.floor(this.#nowUs() / 1e6),
    };
  }
}

function fieldsOf(body: string): Json {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? value as Json : {};
  } catch {
    return {};
  }
}

function isWanted(each: Json, query: URLSearchParams): boolean {
  return ["ticker", "status", "order_id"].every((name) =>
    !query.get(name) || each[name] === undefined || query.get(name) === each[name]
  );
}

function refusal(status: number, code: string, message: string): RestAnswer {
  return { status, body: JSON.stringify({ error: { code, message } }) };
}
