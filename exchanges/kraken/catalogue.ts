import type { InstrumentFile, InstrumentVersion } from "@ssmd/metadata";
import { VenueError } from "@ssmd/runtime";
import type { AskRest, Catalogue, CatalogueRequest, NewsRequest } from "../adapter.ts";
import { PAIR_STATES } from "./instrument.ts";
import { objectOf } from "./messages.ts";
import { symbolOf } from "./symbols.ts";

/** A pair of `GET /0/public/AssetPairs`, with the fields that we read. */
interface AssetPair {
  wsname?: unknown;
  tick_size?: unknown;
  lot_decimals?: unknown;
  ordermin?: unknown;
  fees?: unknown;
  fees_maker?: unknown;
  status?: unknown;
}

/** REST uses the asset names of WebSocket v1, some of which differ. */
const RENAMED: Readonly<Record<string, string>> = { XBT: "BTC", XDG: "DOGE" };

const DECIMAL = /^\d{1,15}(\.\d{1,15})?$/;
const ALL_PRICES = { from: "0", to: "999999999999999" };

/** Kraken's public REST: one request for all pairs, and an optional one for tokenized assets. */
export const krakenCatalogue: Catalogue = {
  url: "https://api.kraken.com/0/public",
  perSecond: 1,
  news: krakenNews,
  async *instruments(ask, request) {
    yield await pairsOf(ask, "/AssetPairs", request);
    if (request.tokenized !== true) return;
    yield await pairsOf(ask, "/AssetPairs?aclass_base=tokenized_asset", request);
  },
};

async function pairsOf(
  ask: AskRest,
  path: string,
  request: CatalogueRequest,
): Promise<InstrumentFile[]> {
  const { error, result } = await ask(path) as { error?: unknown; result?: unknown };
  if (typeof result !== "object" || result === null) {
    throw new VenueError("VENUE_ANSWER_UNREADABLE", "Kraken's answer holds no pairs", {
      context: { error },
      hint: "Try again; if it stays, the venue has changed its REST",
      retryable: true,
    });
  }
  return Object.values(result).flatMap((pair) => krakenInstrument(pair, request) ?? []);
}

/** A pair of the instrument channel, with the fields that we read. */
interface ListedPair {
  symbol?: unknown;
  status?: unknown;
  price_increment?: unknown;
  price_precision?: unknown;
  qty_increment?: unknown;
  qty_min?: unknown;
  qty_precision?: unknown;
}

/** Merges a pair of the instrument channel into its last known version. */
function krakenNews(
  news: unknown,
  before: InstrumentFile | undefined,
  { feed, known }: NewsRequest,
): InstrumentFile | undefined {
  const pair = objectOf<ListedPair>(news);
  if (typeof pair?.symbol !== "string" || typeof pair.status !== "string") return undefined;
  const { symbol: external, price_precision, qty_precision } = pair;
  const [base = "", quote = ""] = external.split("/");
  if (base === "" || quote === "") return undefined;
  const step = decimalOf(pair.price_increment, price_precision);
  const sizes = {
    size_step: decimalOf(pair.qty_increment, qty_precision),
    size_min: decimalOf(pair.qty_min, qty_precision),
  };
  const version: InstrumentVersion = {
    ...{ base, quote },
    ...before?.versions.at(-1),
    ...{ effective: known, known, state: stateOf(pair.status) },
    ...(step === undefined ? {} : gridOf(step)),
    ...Object.fromEntries(Object.entries(sizes).filter(([, size]) => size !== undefined)),
  };
  return {
    ...{ id: symbolOf(external), name: before?.name ?? external, asset_class: "crypto" },
    versions: [version],
    mappings: [{ feed, external, from: known, known }],
  };
}

/** State by the venue's status; an unknown one counts as halted, as nobody knows what it admits. */
function stateOf(status: unknown): InstrumentVersion["state"] {
  return PAIR_STATES.get(String(status)) ?? "halted";
}

/** A step as a decimal text: the channel writes `1e-08`. */
function decimalOf(value: unknown, digits: unknown): string | undefined {
  const isDigits = typeof digits === "number" && digits >= 0 && digits <= 15;
  if (typeof value !== "number" || !(value > 0) || !isDigits) return undefined;
  const text = value.toFixed(digits);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** Converts a pair to an instrument; undefined when it has no WebSocket name. */
function krakenInstrument(
  pair: AssetPair,
  { feed, known }: CatalogueRequest,
): InstrumentFile | undefined {
  if (typeof pair.wsname !== "string") return undefined;
  const [base = "", quote = ""] = pair.wsname.split("/").map((each) => RENAMED[each] ?? each);
  if (base === "" || quote === "") return undefined;
  const external = `${base}/${quote}`;
  const version: InstrumentVersion = {
    ...{ effective: known, known, state: stateOf(pair.status), base, quote },
    ...gridOf(pair.tick_size),
    ...sizesOf(pair),
    ...feesOf(pair),
    venue: { ...pair },
  };
  return {
    ...{ id: symbolOf(external), name: external, asset_class: "crypto" },
    versions: [version],
    mappings: [{ feed, external, from: known, known }],
  };
}

function gridOf(tick: unknown): Pick<InstrumentVersion, "price_grid"> {
  if (typeof tick !== "string" || !DECIMAL.test(tick)) return {};
  return { price_grid: [{ ...ALL_PRICES, step: tick }] };
}

function sizesOf({ lot_decimals, ordermin }: AssetPair) {
  const isCount = typeof lot_decimals === "number" && lot_decimals >= 0 && lot_decimals <= 15;
  const step = isCount ? (lot_decimals === 0 ? "1" : `0.${"1".padStart(lot_decimals, "0")}`) : "";
  return {
    ...(step === "" ? {} : { size_step: step }),
    ...(typeof ordermin === "string" && DECIMAL.test(ordermin) ? { size_min: ordermin } : {}),
  };
}

/** Fees of the lowest volume tier, in percent. */
function feesOf({ fees, fees_maker }: AssetPair): Pick<InstrumentVersion, "fees"> {
  const [taker, maker] = [fees, fees_maker].map((tiers) => {
    const first: unknown = Array.isArray(tiers) && Array.isArray(tiers[0])
      ? tiers[0][1]
      : undefined;
    return typeof first === "number" ? String(first) : undefined;
  });
  if (taker === undefined) return {};
  return { fees: { type: "percent", ...(maker === undefined ? {} : { maker }), taker } };
}
