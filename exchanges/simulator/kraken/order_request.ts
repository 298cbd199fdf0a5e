import { stepsOfText } from "@ssmd/market";
import { wordOf } from "../../json_fields.ts";
import type { ModelMarket } from "../model/market.ts";
import { moneyOf, type OrderRequest } from "../trading/engine.ts";

/** Smallest order: size in the base asset; cost in the quote currency, and in 10^-10 of it. */
export const ORDER_MIN = "0.00005";
export const COST_MIN = "0.5";
const COST_MIN_MONEY = 5_000_000_000n;

/** Fields of an order, common to REST and the WebSocket. */
interface KrakenOrderFields {
  type: unknown;
  side: unknown;
  /** Decimal, as text or number. */
  size: unknown;
  price: unknown;
  timeInForce: unknown;
  postOnly: boolean;
  clientId: unknown;
  userRef: unknown;
}

/** Parses an order of a market; returns the venue's error text for an invalid one. */
export function readKrakenOrder(
  market: ModelMarket,
  fields: KrakenOrderFields,
): OrderRequest | string {
  const { type, side, clientId, userRef, postOnly } = fields;
  const { spec } = market;
  if (type !== "limit" && type !== "market") return "EGeneral:Invalid arguments:ordertype";
  if (side !== "buy" && side !== "sell") return "EGeneral:Invalid arguments:type";
  const size = stepsOfValue(fields.size, spec.sizeDecimals);
  if (!(size > 0)) return "EGeneral:Invalid arguments:volume";
  if (size < stepsOfText(ORDER_MIN, spec.sizeDecimals)) return "EOrder:Order minimum not met";
  const force = wordOf(fields.timeInForce ?? "gtc").toLowerCase();
  if (force !== "gtc" && force !== "ioc") return "EGeneral:Invalid arguments:timeinforce";
  const reference = referenceOf(userRef);
  if (Number.isNaN(reference)) return "EGeneral:Invalid arguments:userref";
  let limit: number | undefined;
  if (type === "limit") {
    limit = stepsOfValue(fields.price, spec.priceDecimals);
    if (!(limit >= spec.priceMin && limit <= spec.priceMax)) {
      return `EOrder:Invalid price:${spec.external} price can only be specified up to ` +
        `${spec.priceDecimals} decimals.`;
    }
  } else if (postOnly) return "EGeneral:Invalid arguments:oflags";
  if (moneyOf(market, limit ?? market.lastPrice, size) < COST_MIN_MONEY) {
    return "EOrder:Cost minimum not met";
  }
  return {
    ...{ market, buys: side === "buy", size, limit, postOnly },
    immediate: type === "market" || force === "ioc",
    ...(typeof clientId === "string" ? { clientId } : {}),
    ...(reference === undefined ? {} : { userRef: reference }),
  };
}

/** 32-bit integer, as number or, in REST, text; NaN when invalid. */
function referenceOf(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
  return typeof number === "number" && number === (number | 0) ? number : NaN;
}

/** NaN when invalid, or with more decimals than allowed. */
function stepsOfValue(value: unknown, decimals: number): number {
  if (typeof value !== "number") return stepsOfText(wordOf(value), decimals);
  const text = value.toFixed(decimals);
  return Number(text) === value ? stepsOfText(text, decimals) : NaN;
}
