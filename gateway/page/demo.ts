import type { Level } from "@ssmd/market";
import { createLogger, Metrics } from "@ssmd/runtime";
import { memoryTransport } from "@ssmd/transport";
import { startGateway } from "../gateway.ts";
import type { MarketSpec } from "../state/market_data.ts";
import { FakeConnector } from "../testing/fake_connector.ts";

/** A made-up market: a price that wanders in whole steps, with a book around it. */
interface Model {
  symbol: string;
  external: string;
  price: number;
  step: number;
  lot: number;
  max?: number;
}

const KRAKEN: Model[] = [
  { symbol: "BTCUSD", external: "BTC/USD", price: 63005.1, step: 0.1, lot: 0.8 },
  { symbol: "ETHUSD", external: "ETH/USD", price: 3120.44, step: 0.01, lot: 6 },
  { symbol: "SOLUSD", external: "SOL/USD", price: 148.27, step: 0.01, lot: 120 },
  { symbol: "XRPUSD", external: "XRP/USD", price: 0.52381, step: 0.00001, lot: 9000 },
  { symbol: "ADAUSD", external: "ADA/USD", price: 0.358412, step: 0.000001, lot: 20000 },
];
const KALSHI: Model[] = [
  { symbol: "KXBTCD-26AUG0117-T62999.99", external: "", price: 0.61, step: 0.01, lot: 900, max: 1 },
  { symbol: "KXBTCD-26AUG0117-T63499.99", external: "", price: 0.37, step: 0.01, lot: 700, max: 1 },
  { symbol: "KXFEDDECISION-26SEP-H0", external: "", price: 0.84, step: 0.01, lot: 5000, max: 1 },
  { symbol: "KXHIGHNY-26AUG01-B84.5", external: "", price: 0.22, step: 0.01, lot: 400, max: 1 },
];
const DEPTH = 25;

function round(value: number, model: Model): number {
  return Number((Math.round(value / model.step) * model.step).toFixed(6));
}

function lot(model: Model): number {
  return Number((model.lot * Math.random() ** 3 + model.step).toFixed(model.lot > 50 ? 0 : 5)) || 1;
}

/** Moves one market on: a few levels, often a trade, now and then a ticker. */
function move(connector: FakeConnector, model: Model): void {
  const width = model.step * (model.max === undefined ? 4 : 1);
  model.price += (Math.random() - 0.5) * width * 3;
  if (model.max !== undefined) model.price = Math.min(0.95, Math.max(0.05, model.price));
  const book = connector.books.get(model.symbol);
  const bids: Level[] = [];
  const asks: Level[] = [];
  for (const price of book?.bids.prices ?? []) {
    if (price >= model.price) bids.push({ price, size: 0 });
  }
  for (const price of book?.asks.prices ?? []) {
    if (price <= model.price) asks.push({ price, size: 0 });
  }
  const index = Math.ceil(Math.random() ** 2 * DEPTH);
  bids.push({ price: round(model.price - index * width, model), size: lot(model) });
  asks.push({ price: round(model.price + index * width, model), size: lot(model) });
  const inside = (levels: Level[]) =>
    levels.filter(({ price }) => price > 0 && price < (model.max ?? Infinity));
  connector.delta(model.symbol, inside(bids), inside(asks));
  if (Math.random() < 0.3) {
    const side = Math.random() < 0.5 ? "buy" : "sell";
    const price = (side === "buy" ? book?.asks.prices[0] : book?.bids.prices[0]) ??
      round(model.price, model);
    const size = Math.random() < 0.03 ? lot(model) * 12 : lot(model);
    connector.publish({ type: "trade", symbol: model.symbol, price, size, side, tradeId: "" });
  }
  if (Math.random() < 0.2) ticker(connector, model);
}

function ticker(connector: FakeConnector, model: Model): void {
  const book = connector.books.get(model.symbol);
  connector.publish({
    type: "ticker",
    symbol: model.symbol,
    bidPrice: book?.bids.prices[0] ?? null,
    bidSize: book?.bids.sizes[0] ?? null,
    askPrice: book?.asks.prices[0] ?? null,
    askSize: book?.asks.sizes[0] ?? null,
    lastPrice: null,
    lastSize: null,
    volume24h: Math.round(model.lot * 51234),
    openInterest: model.max === undefined ? null : 120_345,
  });
}

/** Runs a gateway on made-up markets, to work on the page: `deno run -A demo.ts [port]`. */
async function demo(): Promise<void> {
  const transport = memoryTransport();
  const specs = (feed: string, models: Model[]): MarketSpec[] =>
    models.map(({ symbol, external }) => ({ symbol, feed, external }));
  const gateway = await startGateway({
    env: "demo",
    transport,
    host: "127.0.0.1",
    port: Number(Deno.args[0] ?? 8080),
    feeds: ["kraken", "kalshi"],
    markets: [...specs("kraken", KRAKEN), ...specs("kalshi", KALSHI)],
    logger: createLogger(),
    metrics: new Metrics("gateway"),
    version: "0.1.0",
    info: { transport: "memory", data: "./data" },
  });
  const feeds = [
    { connector: new FakeConnector("demo", "kraken", transport), models: KRAKEN, odds: 0.5 },
    { connector: new FakeConnector("demo", "kalshi", transport), models: KALSHI, odds: 0.15 },
  ];
  for (const { connector, models } of feeds) {
    await connector.answer();
    for (const model of models) {
      for (let i = 0; i < 200; i++) move(connector, model);
      connector.snapshot(model.symbol);
      connector.publish({
        type: "status",
        symbol: model.symbol,
        state: "open",
        result: "",
        detail: "",
      });
    }
  }
  let broken: FakeConnector | undefined;
  setInterval(() => {
    for (const { connector, models, odds } of feeds) {
      if (connector === broken) continue;
      for (const model of models) if (Math.random() < odds) move(connector, model);
    }
  }, 20);
  const kraken = feeds[0]?.connector;
  // Breaks for 4 s on request, to show it on the page.
  Deno.addSignalListener("SIGUSR2", () => {
    broken = kraken;
    kraken?.gap("disconnect", false);
    setTimeout(() => {
      broken = undefined;
      kraken?.gap("disconnect", true);
      for (const model of KRAKEN) kraken?.snapshot(model.symbol);
    }, 4000);
  });
  console.log(gateway.url);
}

if (import.meta.main) await demo();
