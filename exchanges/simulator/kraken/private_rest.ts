import { Buffer } from "node:buffer";
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { textOfSteps } from "@ssmd/market";
import { wordOf } from "../../json_fields.ts";
import type { ModelMarket } from "../model/market.ts";
import type { SimulatorRequest } from "../server.ts";
import type { Fill, MatchingEngine, Order } from "../trading/engine.ts";
import type { SpotAccount } from "../trading/spot_account.ts";
import type { RestAnswer } from "../venue.ts";
import { averagePrice, moneyText } from "./executions.ts";
import { readKrakenOrder } from "./order_request.ts";
import { krakenOk, krakenRefusal, pairId, restAsset } from "./rest.ts";

const ROOT = "/0/private/";
const TOKEN_SECONDS = 900;

/** Credentials of the simulated Kraken's private REST: no secret, as it listens on loopback only. */
export const KRAKEN_DEMO_KEY = { key: "ssmd-simulator", secret: btoa("reached on loopback only") };

/** Options of {@linkcode KrakenPrivateRest}. */
interface PrivateRestOptions {
  engine: MatchingEngine;
  account: SpotAccount;
  market(name: unknown): ModelMarket | undefined;
  newToken(): string;
}

/** Kraken's REST for orders and balances, with signed requests. */
export class KrakenPrivateRest {
  #options: PrivateRestOptions;
  #lastNonce = 0;

  constructor(options: PrivateRestOptions) {
    this.#options = options;
  }

  /** Answers a request; undefined = no such path. */
  answer(request: SimulatorRequest): Promise<RestAnswer> | RestAnswer | undefined {
    const { url: { pathname: path }, body } = request;
    if (!path.startsWith(ROOT)) return undefined;
    const fields = fieldsOf(body);
    const refusal = this.#refusal(request, fields);
    if (refusal !== undefined) return krakenRefusal(refusal);
    switch (path.slice(ROOT.length)) {
      case "GetWebSocketsToken":
        return krakenOk({ token: this.#options.newToken(), expires: TOKEN_SECONDS });
      case "Balance":
        return krakenOk(this.#balances((balance) => balance));
      case "BalanceEx":
        return krakenOk(this.#balances((balance, hold_trade) => ({ balance, hold_trade })));
      case "AddOrder":
        return this.#add(fields);
      case "CancelOrder":
        return this.#cancel(fields);
      case "CancelAll":
        return this.#options.engine.cancelAll().then((count) => krakenOk({ count }));
      default:
        return this.#query(path.slice(ROOT.length), fields);
    }
  }

  #query(name: string, fields: Fields): RestAnswer | undefined {
    const orders = [...this.#options.engine.orders.values()];
    switch (name) {
      case "OpenOrders":
        return krakenOk({ open: infos(orders.filter(({ status }) => status === "open")) });
      case "ClosedOrders": {
        const closed = orders.filter(({ status }) => status !== "open").reverse();
        return krakenOk({ closed: infos(closed.slice(0, 50)), count: closed.length });
      }
      case "QueryOrders": {
        const ids = wordOf(fields.txid).split(",");
        return krakenOk(infos(orders.filter(({ id }) => ids.includes(id))));
      }
      case "TradesHistory": {
        const fills = orders.flatMap((order) => order.fills).sort((a, b) => b.atUs - a.atUs);
        const trades = fills.slice(0, 50).map((fill) => [fill.id, tradeInfo(fill)]);
        return krakenOk({ trades: Object.fromEntries(trades), count: fills.length });
      }
      default:
        return undefined;
    }
  }

  /** Reason for refusing a request; undefined = valid signature and nonce. */
  #refusal({ method, headers, url, body }: SimulatorRequest, fields: Fields): string | undefined {
    if (method !== "POST") return "EGeneral:Invalid method";
    if (headers["api-key"] !== KRAKEN_DEMO_KEY.key) return "EAPI:Invalid key";
    const nonce = wordOf(fields.nonce ?? "");
    const hash = createHash("sha256").update(nonce + body).digest();
    const right = createHmac("sha512", Buffer.from(KRAKEN_DEMO_KEY.secret, "base64"))
      .update(url.pathname).update(hash).digest();
    const given = Buffer.from(String(headers["api-sign"] ?? ""), "base64");
    if (given.length !== right.length || !timingSafeEqual(given, right)) {
      return "EAPI:Invalid signature";
    }
    if (!(Number(nonce) > this.#lastNonce)) return "EAPI:Invalid nonce";
    this.#lastNonce = Number(nonce);
    return undefined;
  }

  #balances<T>(entry: (balance: string, held: string) => T): Record<string, T> {
    const { account, engine } = this.#options;
    const held = account.held(engine.open());
    return Object.fromEntries(
      [...account.balances].map(([asset, balance]) => [
        restAsset(asset),
        entry(moneyText(balance), moneyText(held.get(asset) ?? 0n)),
      ]),
    );
  }

  async #add(fields: Fields): Promise<RestAnswer> {
    const { engine, market: find } = this.#options;
    const market = find(fields.pair);
    if (market === undefined) return krakenRefusal("EQuery:Unknown asset pair");
    const flags = wordOf(fields.oflags ?? "").split(",");
    if (flags.includes("viqc")) return krakenRefusal("EGeneral:Invalid arguments:viqc");
    const request = readKrakenOrder(market, {
      ...{ type: fields.ordertype, side: fields.type, size: fields.volume, price: fields.price },
      ...{ timeInForce: fields.timeinforce, postOnly: flags.includes("post") },
      ...{ clientId: fields.cl_ord_id, userRef: fields.userref },
    });
    if (typeof request === "string") return krakenRefusal(request);
    const { side, at } = words(request);
    const order = `${side} ${textOfSteps(request.size, market.spec.sizeDecimals)} ` +
      `${pairId({ symbol: market.spec.external })} @ ${at}`;
    if (wordOf(fields.validate) === "true") return krakenOk({ descr: { order } });
    const accepted = await engine.submit(request);
    if (accepted === undefined) return krakenRefusal("EOrder:Insufficient funds");
    return krakenOk({ descr: { order }, txid: [accepted.id] });
  }

  async #cancel({ txid, cl_ord_id: name }: Fields): Promise<RestAnswer> {
    const { engine } = this.#options;
    const isGone = await engine.cancel(engine.idOfName(name) ?? wordOf(txid));
    return isGone ? krakenOk({ count: 1 }) : krakenRefusal("EOrder:Unknown order");
  }
}

type Fields = Record<string, unknown>;

function fieldsOf(body: string): Fields {
  if (!body.startsWith("{")) return Object.fromEntries(new URLSearchParams(body));
  try {
    return JSON.parse(body) as Fields;
  } catch {
    return {};
  }
}

function words({ buys, limit, market: { spec } }: Pick<Order, "buys" | "limit" | "market">) {
  const price = limit === undefined ? "0" : textOfSteps(limit, spec.priceDecimals);
  const type = limit === undefined ? "market" : "limit";
  const at = limit === undefined ? type : `${type} ${price}`;
  return { side: buys ? "buy" : "sell", type, price, at };
}

function infos(orders: readonly Order[]): Record<string, unknown> {
  return Object.fromEntries(orders.map((order) => [order.id, orderInfo(order)]));
}

function orderInfo(order: Order) {
  const { market: { spec }, size, left, closedUs, postOnly, status, reason = null } = order;
  const { side, type, price, at } = words(order);
  const pair = pairId({ symbol: spec.external });
  const volume = textOfSteps(size, spec.sizeDecimals);
  return {
    ...{ refid: null, userref: order.userRef ?? null, cl_ord_id: order.clientId ?? null },
    ...{ status: status === "filled" ? "closed" : status, reason, opentm: order.atUs / 1e6 },
    ...(closedUs === undefined ? {} : { closetm: closedUs / 1e6 }),
    ...{
      starttm: 0,
      expiretm: 0,
      vol: volume,
      vol_exec: textOfSteps(size - left, spec.sizeDecimals),
    },
    descr: {
      ...{ pair, type: side, ordertype: type, price, price2: "0", leverage: "none", close: "" },
      order: `${side} ${volume} ${pair} @ ${at}`,
    },
    ...{ cost: moneyText(order.cost), fee: moneyText(order.fee), price: averagePrice(order) },
    ...{ stopprice: "0.00000", limitprice: "0.00000", misc: "" },
    ...{ oflags: postOnly ? "fciq,post" : "fciq", trades: order.fills.map(({ id }) => id) },
  };
}

function tradeInfo({ order, price, size, cost, fee, tradeId, isMaker, atUs }: Fill) {
  const { spec } = order.market;
  const { side, type } = words(order);
  return {
    ...{ ordertxid: order.id, postxid: "", pair: pairId({ symbol: spec.external }) },
    ...{ time: atUs / 1e6, type: side, ordertype: type, maker: isMaker, trade_id: tradeId },
    ...{ price: textOfSteps(price, spec.priceDecimals), cost: moneyText(cost) },
    ...{ fee: moneyText(fee), vol: textOfSteps(size, spec.sizeDecimals), margin: "0", misc: "" },
  };
}
