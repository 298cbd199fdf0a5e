import type { RestAnswer } from "../venue.ts";
import type { KrakenPair } from "./frames.ts";

const ROOT = "/0/public";
/** Names of the first WebSocket, which REST still has. */
const FORMER: Readonly<Record<string, string>> = { BTC: "XBT", DOGE: "XDG" };

/** Kraken's public REST over the pairs of a model; undefined = it has no such path here. */
export function answerKrakenRest(
  path: string,
  pairs: readonly KrakenPair[],
  timestamp: string,
): RestAnswer | undefined {
  if (path === `${ROOT}/SystemStatus`) return ok({ status: "online", timestamp });
  if (path !== `${ROOT}/AssetPairs`) return undefined;
  return ok(Object.fromEntries(pairs.map(assetPair)));
}

function ok(result: unknown): RestAnswer {
  return { status: 200, body: JSON.stringify({ error: [], result }) };
}

function assetPair({ symbol, priceDecimals, sizeDecimals }: KrakenPair): [string, unknown] {
  const [base = symbol, quote = "USD"] = symbol.split("/").map((each) => FORMER[each] ?? each);
  const tick = priceDecimals === 0 ? "1" : `0.${"1".padStart(priceDecimals, "0")}`;
  return [`${base}${quote}`, {
    ...{ altname: `${base}${quote}`, wsname: `${base}/${quote}`, base, quote, lot: "unit" },
    ...{ aclass_base: "currency", aclass_quote: "currency", cost_decimals: 5 },
    ...{ pair_decimals: priceDecimals, lot_decimals: sizeDecimals, tick_size: tick },
    ...{ fees: [[0, 0.4]], fees_maker: [[0, 0.25]], fee_volume_currency: "ZUSD" },
    ...{ ordermin: "0.00005", costmin: "0.5", status: "online" },
  }];
}
