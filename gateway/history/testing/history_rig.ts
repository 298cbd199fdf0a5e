import type { MarketEvent, Trade } from "@ssmd/market";
import { memoryStorage } from "@ssmd/storage";
import type { Market } from "../../state/market.ts";
import { MarketData } from "../../state/market_data.ts";
import { CandleReader } from "../candle_reader.ts";
import { History } from "../history.ts";
import { HistoryReader } from "../history_reader.ts";
import { StoredArchive } from "../stored_archive.ts";
import { TestArchive } from "./archived.ts";

/** A history over memory and an in-memory archive, without a gateway. */
export interface HistoryRig {
  archive: TestArchive;
  history: History;
  reader: HistoryReader;
  candles: CandleReader;
  market: Market;
  /** Delivers a record from the bus. */
  take(event: MarketEvent): void;
}

/** Midnight of the tests' day, µs. */
export const DAY_US = Date.parse("2026-08-01T00:00:00Z") * 1000;

/** A rig of the market BTCUSD. */
export function historyRig(): HistoryRig {
  const history = new History();
  const nothing = () => {};
  const data = new MarketData({
    onRecord: (event, market) => history.takeRecord(event, market),
    onFeedRecord: (event, feed) => history.takeFeedRecord(event, feed),
    ...{ onMarket: nothing, onBooksLost: nothing, onSnapshotWanted: nothing },
  });
  data.add(["kraken"], [{ symbol: "BTCUSD", feed: "kraken", external: "BTC/USD" }]);
  const storage = memoryStorage();
  const reader = new HistoryReader(history, new StoredArchive(storage, "test"));
  return {
    archive: new TestArchive(storage, "test", "kraken"),
    history,
    reader,
    candles: new CandleReader(history, reader),
    market: data.market("BTCUSD") as Market,
    take: (event) => data.takeRecord(event),
  };
}

/** Returns a trade of BTCUSD, derived from its numbers. */
export function tradeAt(receivedAtUs: number, sequence: number, timestampUs = receivedAtUs): Trade {
  return {
    ...{ type: "trade", symbol: "BTCUSD", feed: "kraken", receivedAtUs, sequence, timestampUs },
    price: 60_000 + (sequence * 7919 % 1000) / 10,
    size: (sequence % 7 + 1) / 8,
    side: sequence % 3 === 0 ? "sell" : "buy",
    tradeId: String(sequence),
  };
}
