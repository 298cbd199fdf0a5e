import type { SimulatedVenue } from "../venue.ts";
import { KrakenCaptureFeed } from "./capture.ts";
import { noteKraken } from "./inspect.ts";
import { KrakenModelFeed } from "./model.ts";
import { KRAKEN_SYMBOLS, krakenMarket } from "./symbols.ts";

/** Kraken's WebSocket v2. */
export const simulatedKraken: SimulatedVenue = {
  path: "/v2",
  pings: false,
  garbage: {
    unknown: `{"channel":"weather","type":"update","data":[{"symbol":"RAIN/USD","value":1}]}`,
    truncated: `{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":6`,
  },
  faultProblem: () => undefined,
  markets: (symbols = KRAKEN_SYMBOLS) => symbols.map(krakenMarket),
  modelFeed: (options) => new KrakenModelFeed(options),
  captureFeed: (playback) => new KrakenCaptureFeed(playback),
  speaks: (text) => text.includes(`"channel":`) && !text.includes(`"sid":`),
  note: noteKraken,
};
