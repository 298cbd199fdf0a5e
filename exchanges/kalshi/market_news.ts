import type { InstrumentFile } from "@ssmd/metadata";
import { isoOfUs } from "@ssmd/runtime";
import type { NewsRequest } from "../adapter.ts";
import { figureOf } from "../json_fields.ts";
import { kalshiInstrument, kalshiMarketOf } from "./market_terms.ts";
import { bodyOf, type KalshiBody } from "./messages.ts";

/** REST states by lifecycle step. */
const STATES: Readonly<Record<string, string>> = {
  created: "initialized",
  activated: "active",
  deactivated: "inactive",
  determined: "determined",
  disputed: "disputed",
  amended: "amended",
  settled: "finalized",
};
/** Lifecycle fields by REST's names of times. */
const TIMES = { open_time: "open_ts", close_time: "close_ts" } as const;

/**
 * Merges a lifecycle message into the last known REST data of its market. Undefined when the
 * message names no market.
 */
export function kalshiNews(
  news: unknown,
  before: InstrumentFile | undefined,
  { feed, known }: NewsRequest,
): InstrumentFile | undefined {
  const body = bodyOf(news);
  if (typeof body?.market_ticker !== "string") return undefined;
  const last = before?.versions.at(-1);
  const market = kalshiMarketOf({
    ...(last?.venue ?? firstOf(body.market_ticker, known)),
    ...changesOf(body),
    updated_time: known,
  });
  if (market === undefined) return undefined;
  const fresh = kalshiInstrument(market, { feed, known });
  const { fees, fee_changes } = last ?? {};
  const kept = {
    ...(fees === undefined ? {} : { fees }),
    ...(fee_changes === undefined ? {} : { fee_changes }),
  };
  return { ...fresh, versions: fresh.versions.map((version) => ({ ...version, ...kept })) };
}

/** A market not yet known: `KXBTC15M-26MAY132115-15` is taken as of event `KXBTC15M-26MAY132115`. */
function firstOf(ticker: string, known: string) {
  const event_ticker = ticker.replace(/-[^-]*$/, "");
  return { ticker, event_ticker, status: "initialized", created_time: known, result: "" };
}

/** Fields changed by a message, in REST's names. */
function changesOf(body: KalshiBody): Record<string, unknown> {
  const { event_type, result, price_ranges, price_level_structure } = body;
  const state = STATES[String(event_type)];
  const times = Object.entries(TIMES).flatMap(([name, field]) => {
    const seconds = figureOf(body[field]);
    return seconds === undefined || seconds <= 0 ? [] : [[name, isoOfUs(seconds * 1e6)]];
  });
  return {
    ...bodyOf(body.additional_metadata),
    ...Object.fromEntries(times),
    ...(state === undefined ? {} : { status: state }),
    ...(typeof result === "string" ? { result } : {}),
    ...(Array.isArray(price_ranges) ? { price_ranges } : {}),
    ...(typeof price_level_structure === "string" ? { price_level_structure } : {}),
  };
}
