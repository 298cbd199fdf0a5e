// A peer of peers_bench.ts: ccxt's own handling of Kraken's frames, from a socket's message to what
// `watchOrderBook`, `watchTrades` and `watchTicker` give. The argument is the folder with node_modules.
import { createRequire } from "node:module";
import process from "node:process";
import { answerRounds } from "./peers_rounds.mjs";

const ccxt = createRequire(`${process.argv[2]}/`)("ccxt");
const MARKETS = [["BTC/USD", "BTC", "USD"], ["ETH/USD", "ETH", "USD"]].map((
  [symbol, base, quote],
) => ({
  id: symbol.replace("/", ""),
  wsId: symbol,
  symbol,
  base,
  quote,
  spot: true,
  type: "spot",
  active: true,
  precision: { price: 0.1, amount: 1e-8 },
  info: {},
}));

/** `calls` = how often a waiting reader was given something. */
function handler() {
  const exchange = new ccxt.pro.kraken();
  exchange.setMarkets(MARKETS);
  exchange.options.marketsByWsName = exchange.indexBy(MARKETS, "wsId");
  let calls = 0;
  const client = {
    url: exchange.urls.api.ws.publicV2 ?? exchange.urls.api.ws.public,
    subscriptions: {},
    futures: {},
    resolve: (result) => {
      calls++;
      return result;
    },
    reject: (error) => {
      throw error;
    },
  };
  return (frame) => {
    const before = calls;
    // As its own client does, so that long ids stay exact.
    const text = frame.toString().replace(/:(\d{15,}),/g, ':"$1",');
    exchange.handleMessage(client, JSON.parse(text));
    return calls - before;
  };
}

await answerRounds(ccxt.version, { book: handler, trade: handler, ticker: handler });
process.exit(0);
