import { isoOfUs } from "@ssmd/runtime";
import { textOfSteps } from "@ssmd/market";
import type { Fill, Order, OrderEvent } from "../trading/engine.ts";
import { BALANCE_DECIMALS } from "../trading/spot_account.ts";

/** Message of the channel `executions`. */
export function executionsFrame(
  type: "snapshot" | "update",
  reports: readonly string[],
  sequence: number,
): string {
  return `{"channel":"executions","type":"${type}","data":[${reports.join(",")}],` +
    `"sequence":${sequence}}`;
}

/** Execution reports of an order event, oldest first. */
export function reportsOf(event: OrderEvent): string[] {
  const { order, atUs } = event;
  switch (event.type) {
    case "accepted":
      return [orderReport(order, "pending_new", atUs), orderReport(order, "new", atUs)];
    case "trade":
      return [tradeReport(event.fill, order.left === 0 ? "filled" : "partially_filled")];
    default:
      return [orderReport(order, event.type, atUs)];
  }
}

/** Report of an order's state; `how` = execution type and order status. */
export function orderReport(
  order: Order,
  how: "pending_new" | "new" | "filled" | "canceled" | "partially_filled",
  atUs: number,
): string {
  const { market: { spec }, size, limit, left, cost, fee, immediate, reason } = order;
  const filled = size - left;
  return `{${headText(order)},"exec_type":"${how === "partially_filled" ? "status" : how}",` +
    `"order_status":"${how}","order_qty":${textOfSteps(size, spec.sizeDecimals)},` +
    `"cum_qty":${textOfSteps(filled, spec.sizeDecimals)},"cum_cost":${moneyText(cost)},` +
    `"avg_price":${averagePrice(order)},"fee_usd_equiv":${moneyText(fee)},"fee_ccy_pref":"fciq",` +
    `"time_in_force":"${immediate ? "IOC" : "GTC"}",` +
    (limit === undefined
      ? ""
      : `"limit_price_type":"static","limit_price":${textOfSteps(limit, spec.priceDecimals)},`) +
    (reason === undefined ? "" : `"cancel_reason":"${reason}","reason":"${reason}",`) +
    `"timestamp":"${isoOfUs(atUs)}"}`;
}

/** Report of an order's trade. */
export function tradeReport(fill: Fill, status: "filled" | "partially_filled"): string {
  const { order, price, size, cost, fee, isMaker } = fill;
  const { spec } = order.market;
  const [, quote = "USD"] = spec.external.split("/");
  return `{${headText(order)},"exec_id":"${fill.id}","exec_type":"trade",` +
    `"order_status":"${status}","trade_id":${fill.tradeId},` +
    `"last_qty":${textOfSteps(size, spec.sizeDecimals)},` +
    `"last_price":${textOfSteps(price, spec.priceDecimals)},` +
    `"liquidity_ind":"${isMaker ? "m" : "t"}","cost":${moneyText(cost)},` +
    `"fees":[{"asset":"${quote}","qty":${moneyText(fee)}}],"fee_usd_equiv":${moneyText(fee)},` +
    `"timestamp":"${isoOfUs(fill.atUs)}"}`;
}

/** Mean price of an order's fills; 0 without fills. */
export function averagePrice({ cost, size, left, market: { spec } }: Order): string {
  const filled = BigInt(size - left);
  return moneyText(filled === 0n ? 0n : cost * 10n ** BigInt(spec.sizeDecimals) / filled);
}

/** 10^-10 of an asset as a decimal. */
export function moneyText(money: bigint): string {
  return textOfSteps(money, BALANCE_DECIMALS);
}

function headText({ id, clientId, userRef, market, buys, limit }: Order): string {
  return `"order_id":"${id}",` +
    (clientId === undefined ? "" : `"cl_ord_id":${JSON.stringify(clientId)},`) +
    `"order_userref":${userRef ?? 0},"symbol":${JSON.stringify(market.spec.external)},` +
    `"side":"${buys ? "buy" : "sell"}","order_type":"${limit === undefined ? "market" : "limit"}"`;
}
