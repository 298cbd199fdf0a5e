import { isoOfUs } from "@ssmd/runtime";

/** First frame of a connection. `connectionId` is a decimal text, as it exceeds 2^53. */
export function statusFrame(connectionId: string): string {
  return `{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online",` +
    `"api_version":"v2","connection_id":${connectionId}}]}`;
}

/** Change of the venue's system status. */
export function systemFrame(system: "maintenance" | "online"): string {
  return `{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"${system}",` +
    `"api_version":"v2"}]}`;
}

/** Sent about once a second after the first subscription. */
export const HEARTBEAT_FRAME = `{"channel":"heartbeat"}`;

/** Context of a reply. Keys of replies are in alphabetical order, as the venue's are. */
export interface KrakenReply {
  method?: string;
  reqId: number | undefined;
  timeInUs: number;
  timeOutUs: number;
}

function tail(reply: KrakenReply): string {
  return `"time_in":"${isoOfUs(reply.timeInUs)}","time_out":"${isoOfUs(reply.timeOutUs)}"}`;
}

function requestId(reply: KrakenReply): string {
  return reply.reqId === undefined ? "" : `"req_id":${reply.reqId},`;
}

/** Reply to a granted request. `result` is JSON text. */
export function successFrame(reply: KrakenReply, result: string): string {
  return `{"method":"${reply.method}",${requestId(reply)}"result":${result},"success":true,${
    tail(reply)
  }`;
}

/** Reply to a refused request. */
export function errorFrame(reply: KrakenReply, error: string, symbol?: string): string {
  const method = reply.method === undefined ? "" : `"method":${JSON.stringify(reply.method)},`;
  const named = symbol === undefined ? "" : `"symbol":${JSON.stringify(symbol)},`;
  return `{"error":${JSON.stringify(error)},${method}${requestId(reply)}"success":false,${named}${
    tail(reply)
  }`;
}

/** Reply to a ping frame. */
export function pongFrame(reply: KrakenReply): string {
  return `{"method":"pong",${requestId(reply)}${tail(reply)}`;
}

/** A pair of the instrument channel. */
export interface KrakenPair {
  symbol: string;
  priceDecimals: number;
  sizeDecimals: number;
}

/** `0.1`, `0.01`, `1e-08`: exponents beyond four decimals, as the venue writes them. */
function increment(decimals: number): string {
  if (decimals === 0) return "1";
  if (decimals <= 4) return `0.${"0".repeat(decimals - 1)}1`;
  return `1e-${String(decimals).padStart(2, "0")}`;
}

function pairText(pair: KrakenPair): string {
  const [base = pair.symbol, quote = "USD"] = pair.symbol.split("/");
  const price = increment(pair.priceDecimals);
  return `{"symbol":${JSON.stringify(pair.symbol)},"base":${JSON.stringify(base)},` +
    `"quote":${JSON.stringify(quote)},"status":"online","qty_precision":${pair.sizeDecimals},` +
    `"qty_increment":${increment(pair.sizeDecimals)},"price_precision":${pair.priceDecimals},` +
    `"cost_precision":5,"marginable":true,"has_index":true,"cost_min":0.5,` +
    `"margin_initial":0.2,"position_limit_long":250,"position_limit_short":200,` +
    `"tick_size":${price},"price_increment":${price},"qty_min":0.00005}`;
}

function assetText(id: string): string {
  const fiat = id === "USD" || id === "EUR" || id === "GBP";
  return `{"id":${JSON.stringify(id)},"status":"enabled","precision":${fiat ? 4 : 10},` +
    `"precision_display":${fiat ? 2 : 5},"borrowable":true,"collateral_value":1.0,` +
    `"margin_rate":0.025}`;
}

/** Snapshot of the instrument channel. */
export function instrumentFrame(pairs: readonly KrakenPair[]): string {
  const assets = new Set(pairs.flatMap((pair) => pair.symbol.split("/")));
  return `{"channel":"instrument","type":"snapshot","data":{"assets":[${
    [...assets].map(assetText).join(",")
  }],"pairs":[${pairs.map(pairText).join(",")}]}}`;
}
