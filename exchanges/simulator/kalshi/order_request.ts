import { stepsOfText } from "@ssmd/market";
import { wordOf } from "../../json_fields.ts";
import type { ModelMarket } from "../model/market.ts";
import type { OrderRequest } from "../trading/engine.ts";
import { DOLLAR } from "./symbols.ts";

/** Order fields that the simulator does not support. */
const NOT_SIMULATED = [
  ...["expiration_ts", "expiration_time", "buy_max_cost", "reduce_only", "order_group_id"],
  ...["subaccount", "sell_position_floor", "cancel_order_on_pause"],
];
/** An order that would take the member's own is canceled. */
export const SELF_TRADE = "taker_at_cross";
const FORCES = ["good_till_canceled", "immediate_or_cancel"];

/** Reason for refusing an order. */
interface OrderRefusal {
  code: string;
  message: string;
}

/** Whether a price of the book's only side, YES, is bid or asked, as actions on YES. */
const ACTIONS = new Map<unknown, string>([["bid", "buy"], ["ask", "sell"]]);

/** Parses an order in the form of `/portfolio/events/orders`: one side of one book, and one price. */
export function readKalshiEventOrder(
  market: ModelMarket,
  { side, count, price, ...fields }: Readonly<Record<string, unknown>>,
): OrderRequest | OrderRefusal {
  const action = ACTIONS.get(side);
  if (action === undefined) {
    return { code: "invalid_parameters", message: "side must be bid or ask" };
  }
  const order = { side: "yes", action, count_fp: count, yes_price_dollars: price };
  return readKalshiOrder(market, { ...fields, ...order });
}

/** Parses an order of a market. Buying YES or selling NO buys YES. */
export function readKalshiOrder(
  market: ModelMarket,
  fields: Readonly<Record<string, unknown>>,
): OrderRequest | OrderRefusal {
  const refuse = (message: string) => ({ code: "invalid_parameters", message });
  const other = NOT_SIMULATED.find((name) => fields[name]);
  if (other !== undefined) return refuse(`${other} is not simulated`);
  const { side, action, time_in_force: force = FORCES[0], client_order_id: clientId } = fields;
  if (side !== "yes" && side !== "no") return refuse("side must be yes or no");
  if (action !== "buy" && action !== "sell") return refuse("action must be buy or sell");
  if (!FORCES.includes(wordOf(force))) {
    return refuse(`time_in_force ${wordOf(force)} is not simulated`);
  }
  const selfTrade = fields["self_trade_prevention_type"] ?? SELF_TRADE;
  if (selfTrade !== SELF_TRADE) {
    return refuse(`self_trade_prevention_type ${wordOf(selfTrade)} is not simulated`);
  }
  const size = sizeOf(fields);
  if (!(size > 0)) return { code: "invalid_count", message: "count must be positive" };
  const limit = priceOf(fields);
  const { priceMin, priceMax, quantize } = market.spec;
  if (!(limit >= priceMin && limit <= priceMax && quantize(limit) === limit)) {
    return { code: "invalid_price", message: "give one price, on the grid of the market" };
  }
  return {
    ...{ market, size, limit, outcome: side, buys: (action === "buy") === (side === "yes") },
    ...{ immediate: force === "immediate_or_cancel", postOnly: fields["post_only"] === true },
    ...(typeof clientId === "string" ? { clientId } : {}),
  };
}

/** Size in hundredths of a contract; NaN when absent or contradictory. */
function sizeOf({ count, count_fp }: Readonly<Record<string, unknown>>): number {
  const sizes = [
    ...(count === undefined ? [] : [Number.isInteger(count) ? Number(count) * 100 : NaN]),
    ...(typeof count_fp === "string" ? [stepsOfText(count_fp, 2)] : []),
  ];
  return sizes.length > 0 && sizes.every((size) => size === sizes[0]) ? Number(sizes[0]) : NaN;
}

/** YES price in steps; NaN unless exactly one is given. */
function priceOf(fields: Readonly<Record<string, unknown>>): number {
  const prices = ["yes", "no"].flatMap((side) => {
    const [cents, dollars] = [fields[`${side}_price`], fields[`${side}_price_dollars`]];
    const own = [
      ...(cents ? [Number.isInteger(cents) ? Number(cents) * 10 : NaN] : []),
      ...(typeof dollars === "string" ? [stepsOfText(dollars, 3)] : []),
    ];
    return side === "yes" ? own : own.map((price) => DOLLAR - price);
  });
  return prices.length === 1 ? prices[0] ?? NaN : NaN;
}
