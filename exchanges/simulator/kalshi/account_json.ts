import { isoOfUs } from "@ssmd/runtime";
import { textOfSteps } from "@ssmd/market";
import { type Fill, moneyOf, type Order } from "../trading/engine.ts";
import type { ContractPosition } from "./account.ts";
import { SELF_TRADE } from "./order_request.ts";
import { contractsText, dollarText } from "./publisher.ts";
import { DOLLAR } from "./symbols.ts";

const STATES = { open: "resting", filled: "executed", canceled: "canceled" } as const;
/** The only shard. */
const EXCHANGE_INDEX = 0;
const USER = { user_id: "ssmd-simulator" };

/** Fields of an answer or a message. */
export type Json = Readonly<Record<string, unknown>>;

/** 10^-10 dollars in the venue's format. */
export function moneyText(money: bigint): string {
  return textOfSteps(money / 1_000_000n, 4);
}

/** Direction in the order's terms: buying YES may be selling NO. */
function directionOf({ buys, outcome }: Order) {
  return { side: outcome, action: buys === (outcome === "yes") ? "buy" : "sell" };
}

/** Direction in the book's terms, which has YES only. */
function bookSideOf({ buys }: Order) {
  return { outcome_side: buys ? "yes" : "no", book_side: buys ? "bid" : "ask" };
}

function pricesOf(price: number) {
  return { yes_price_dollars: dollarText(price), no_price_dollars: dollarText(DOLLAR - price) };
}

/** Fields of an order that REST and the socket share. */
function amountsOf(order: Order) {
  const { size, left, fills } = order;
  const sum = (isMaker: boolean, of: (fill: Fill) => bigint) =>
    moneyText(fills.reduce((all, fill) => fill.isMaker === isMaker ? all + of(fill) : all, 0n));
  const feeOf = ({ fee }: Fill) => fee;
  const costOf = ({ price, size: filled }: Fill) =>
    moneyOf(order.market, order.outcome === "no" ? DOLLAR - price : price, filled);
  return {
    ...{ initial_count_fp: contractsText(size), fill_count_fp: contractsText(size - left) },
    remaining_count_fp: contractsText(order.status === "canceled" ? 0 : left),
    ...{ taker_fees_dollars: sum(false, feeOf), maker_fees_dollars: sum(true, feeOf) },
    ...{ taker_fill_cost_dollars: sum(false, costOf), maker_fill_cost_dollars: sum(true, costOf) },
    self_trade_prevention_type: SELF_TRADE,
  };
}

function lastUpdateUs({ closedUs, fills, atUs }: Order): number {
  return closedUs ?? fills.at(-1)?.atUs ?? atUs;
}

/** An order in REST's format. */
export function orderJson(order: Order): Json {
  return {
    ...{ order_id: order.id, ...USER, client_order_id: order.clientId ?? "" },
    ...{ ticker: order.market.spec.external, ...directionOf(order), type: "limit" },
    ...bookSideOf(order),
    ...{ status: STATES[order.status], ...pricesOf(order.price), ...amountsOf(order) },
    ...{ expiration_time: null, created_time: isoOfUs(order.atUs) },
    last_update_time: isoOfUs(lastUpdateUs(order)),
  };
}

/** Answer to an order in the form of `/portfolio/events/orders`; averages are per contract. */
export function eventOrderJson(order: Order): Json {
  const { id, clientId, size, left, fills, fee } = order;
  const filled = size - left;
  const averageOf = (sum: bigint) => moneyText(sum * 100n / BigInt(filled));
  const cost = fills.reduce((all, fill) => all + moneyOf(order.market, fill.price, fill.size), 0n);
  return {
    ...{ order_id: id, ...(clientId === undefined ? {} : { client_order_id: clientId }) },
    ...{ fill_count: contractsText(filled) },
    remaining_count: contractsText(order.status === "canceled" ? 0 : left),
    ...(filled === 0
      ? {}
      : { average_fill_price: averageOf(cost), average_fee_paid: averageOf(fee) }),
    ts_ms: Math.floor(lastUpdateUs(order) / 1e3),
  };
}

/** A fill in REST's format. */
export function fillJson({ id, order, price, size, fee, isMaker, atUs }: Fill): Json {
  const ticker = order.market.spec.external;
  return {
    ...{ fill_id: id, trade_id: id, order_id: order.id, ticker, market_ticker: ticker },
    ...{ ...directionOf(order), ...bookSideOf(order), exchange_index: EXCHANGE_INDEX },
    ...{ count_fp: contractsText(size), ...pricesOf(price) },
    ...{ is_taker: !isMaker, fee_cost: moneyText(fee), created_time: isoOfUs(atUs) },
    ts: Math.floor(atUs / 1e6),
  };
}

/** A position in REST's format. */
export function positionJson(ticker: string, position: ContractPosition): Json {
  return {
    ...{ ticker, exchange_index: EXCHANGE_INDEX, position_fp: contractsText(position.size) },
    ...{ total_traded_dollars: moneyText(position.traded), resting_orders_count: 0 },
    ...{ market_exposure_dollars: moneyText(position.cost) },
    ...{ realized_pnl_dollars: moneyText(position.realized) },
    ...{ fees_paid_dollars: moneyText(position.fees), last_updated_ts: isoOfUs(position.atUs) },
  };
}

/** Body of a `fill` message; `position` = the resulting one. */
export function fillMessage(fill: Fill, position: number): Json {
  const { id, order, price, size, fee, isMaker, atUs } = fill;
  return {
    ...{ trade_id: id, order_id: order.id, market_ticker: order.market.spec.external },
    ...{ is_taker: !isMaker, ...directionOf(order), yes_price_dollars: dollarText(price) },
    ...{ count_fp: contractsText(size), fee_cost: moneyText(fee) },
    ...{ ts: Math.floor(atUs / 1e6), ts_ms: Math.floor(atUs / 1e3) },
    ...(order.clientId === undefined ? {} : { client_order_id: order.clientId }),
    ...{
      post_position_fp: contractsText(position),
      purchased_side: bookSideOf(order).outcome_side,
    },
    ...bookSideOf(order),
  };
}

/** Body of a `user_order` message. */
export function orderMessage(order: Order): Json {
  const updatedUs = lastUpdateUs(order);
  return {
    ...{ order_id: order.id, ...USER, ticker: order.market.spec.external },
    ...{ status: STATES[order.status], side: order.outcome, is_yes: order.outcome === "yes" },
    ...{ ...bookSideOf(order), yes_price_dollars: dollarText(order.price), ...amountsOf(order) },
    ...{ client_order_id: order.clientId ?? "", created_time: isoOfUs(order.atUs) },
    ...{ created_ts_ms: Math.floor(order.atUs / 1e3), last_update_time: isoOfUs(updatedUs) },
    last_updated_ts_ms: Math.floor(updatedUs / 1e3),
  };
}

/** Body of a `market_position` message. */
export function positionMessage(ticker: string, position: ContractPosition): Json {
  return {
    ...{ ...USER, market_ticker: ticker, position_fp: contractsText(position.size) },
    ...{ position_cost_dollars: moneyText(position.cost) },
    ...{ realized_pnl_dollars: moneyText(position.realized) },
    ...{ fees_paid_dollars: moneyText(position.fees) },
    position_fee_cost_dollars: moneyText(position.openFees),
    volume_fp: contractsText(position.volume),
  };
}
