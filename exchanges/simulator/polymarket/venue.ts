import type { Fault } from "../faults.ts";
import type { SimulatedVenue } from "../venue.ts";
import { notePolymarket, PolymarketCaptureFeed } from "./capture.ts";
import { PolymarketModelFeed } from "./model.ts";
import { POLYMARKET_SYMBOLS, polymarketMarket } from "./symbols.ts";

/** Polymarket's market channel. */
export const simulatedPolymarket: SimulatedVenue = {
  path: "/ws/market",
  pings: false,
  garbage: {
    unknown: `{"market": "0x00", "asset_id": "1", "event_type": "weather", "value": "1"}`,
    truncated: `{"market": "0x00", "price_changes": [{"asset_id": "1", "price": "0.`,
  },
  faultProblem,
  markets: (symbols = POLYMARKET_SYMBOLS) => symbols.map(polymarketMarket),
  modelFeed: (options) => new PolymarketModelFeed(options),
  captureFeed: (playback) => new PolymarketCaptureFeed(playback),
  speaks: (text) => text.includes(`"event_type":`) && !text.includes(`"sid":`),
  note: notePolymarket,
};

function faultProblem(fault: Fault): { message: string; hint: string } | undefined {
  if (fault.type === "checksum" && fault.symbol === undefined) {
    const hint = "Add symbol:TOKEN: hashes of its books that are wrong for ten seconds are a loss.";
    return { message: "A single wrong hash of polymarket says nothing.", hint };
  }
  if (fault.type !== "mute" || fault.kind === "trade" || fault.kind === "ticker") return undefined;
  const hint =
    "Use kind:trade or kind:ticker, or silent: the venue answers pings and sends nothing.";
  return { message: "First books of polymarket come in one frame.", hint };
}
